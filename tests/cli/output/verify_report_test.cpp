#include "cli/output/verify_report.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/store/builders.h"

using namespace envstore;

namespace {

VerifyReport one_damaged(DamageFound::Outcome outcome = DamageFound::Outcome::left) {
  VerifyReport report;
  report.files_looked_at = 12;
  report.files_hashed = 1;
  report.bytes_hashed = 1500;
  DamageFound damage;
  damage.damage = Damage::changed_content;
  damage.path = "trees/x/site/a.py";
  damage.tree = a_tree("a");
  damage.affected.packages = {"a 1.0"};
  damage.affected.requests = {"x.py"};
  damage.affected.processes = {{7, "python x.py", "open file"}};
  damage.outcome = outcome;
  damage.outcome_detail = "from a copy";
  report.found.push_back(damage);
  return report;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a clean store is one line") {
  VerifyReport report;
  report.files_looked_at = 1;
  CHECK(verify_text(report, {}) == "1 file looked at, 0 hashed (0 B): nothing is damaged.\n");
}

TEST_CASE("damage is reported with what it affects") {
  const std::string text = verify_text(one_damaged(), {});
  CHECK(text.starts_with("changed-content: trees/x/site/a.py\n"));
  for (const char* part :
       {"package   a 1.0\n", "made for  x.py\n", "7 python x.py (restart it)\n", "1 damaged.\n"})
    CHECK_MESSAGE(has(text, part), part);
}

TEST_CASE("a repair is reported with the origin of the bytes") {
  const std::string text = verify_text(one_damaged(DamageFound::Outcome::repaired), {});
  CHECK(has(text, "  repaired: from a copy\n"));
  CHECK(has(text, "1 damaged, 1 repaired.\n"));
}

TEST_CASE("long lists are cut, and the number of the others is given") {
  VerifyReport report = one_damaged();
  report.found[0].affected.requests.assign(10, "x.py");
  CHECK(has(verify_text(report, {}), "and 2 more\n"));
}

TEST_CASE("JSON has ids or null, and whether all was repaired") {
  auto json = nlohmann::json::parse(verify_json(one_damaged(), {}));
  CHECK(json["clean"] == false);
  CHECK(json["found"][0]["damage"] == "changed-content");
  CHECK(json["found"][0]["tree"] == a_tree("a").hex());
  CHECK(json["found"][0]["blob"].is_null());
  CHECK(json["found"][0]["processes"][0]["pid"] == 7);
  CHECK(json["rebuilt"].is_null());
  json = nlohmann::json::parse(
      verify_json(one_damaged(DamageFound::Outcome::repaired), RebuildReport{1, 2, 3, {"x"}}));
  CHECK(json["clean"] == true);
  CHECK(json["found"][0]["outcome"] == "repaired");
  CHECK(json["rebuilt"]["snapshots"] == 2);
}

TEST_CASE("a path that is not UTF-8 does not prevent the JSON") {
  VerifyReport report = one_damaged();
  report.found[0].path = "trees/\xff";
  CHECK_FALSE(nlohmann::json::parse(verify_json(report, {})).empty());
}
