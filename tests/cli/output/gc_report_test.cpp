#include "cli/output/gc_report.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/gc/a_census.h"

using namespace envstore;
using namespace envstore::testing;
using Json = nlohmann::json;

namespace {

GcReport planned(const CensusBuilder& builder, const Policy& policy) {
  GcReport report;
  report.census = builder.census();
  report.plan = plan_gc(report.census, policy);
  return report;
}

CensusBuilder old_and_new() {
  return a_census().tree("a", 10).tree("b", 20).snapshot("old", {"a"}).used(40 * kDay).snapshot("new", {"b"});
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a dry run reports what would be removed, a collection what was removed") {
  const Policy policy = max_age(45 * kDay);
  GcReport report = planned(a_census().tree("a", 10).snapshot("old", {"a"}), policy);
  CHECK(has(gc_text({report, policy, true}), "would remove 1 snapshot "));
  CHECK(has(gc_text({report, policy, true}), "unused for 50 d"));
  report.deleted_snapshots = report.deleted_trees = 1;
  report.deleted_blobs = 10;
  report.freed_bytes = 10 * kMB;
  CHECK(has(gc_text({report, policy}), "removed 1 snapshot, 1 package and 10 files: 10 MB freed\n"));
}

TEST_CASE("what stays is counted by reason, and listed on request") {
  const Policy policy = max_age(45 * kDay);
  const GcReport report = planned(
      a_census().tree("a", 1).snapshot("used", {"a"}).leased().snapshot("pinned", {"a"}).rooted("p"), policy);
  CHECK(has(gc_text({report, policy}), "kept 2 snapshots, 1.0 MB: 1 in use, 1 pinned or synced\n"));
  CHECK_FALSE(has(gc_text({report, policy}), "process 7"));
  CHECK(has(gc_text({report, policy, false, true}), "  in use by process 7, running x.py"));
}

TEST_CASE("a cap that is missed is reported with what holds the space, largest first") {
  const Policy policy = max_size(1);
  const GcReport report = planned(
      a_census().tree("a", 10).tree("b", 20).snapshot("s", {"a"}).leased().snapshot("l", {"b"}).leased(),
      policy);
  const std::string text = gc_text({report, policy});
  CHECK(has(text, "max-size is missed by 29 MB\n"));
  CHECK(text.find(a_snapshot("l").hex().substr(0, 12)) < text.find(a_snapshot("s").hex().substr(0, 12)));
}

TEST_CASE("many failures are cut, and their number is given") {
  GcReport report;
  for (int i = 0; i < 25; ++i) report.failures.push_back("cannot remove 'f" + std::to_string(i) + "'");
  const std::string text = gc_text({report, Policy{}});
  CHECK(has(text, "cannot remove 'f19'\n"));
  CHECK_FALSE(has(text, "'f20'"));
  CHECK(has(text, "and 5 more"));
}

TEST_CASE("another collection at work is all that is reported") {
  GcReport report;
  report.another_at_work = true;
  CHECK(gc_text({report, Policy{}}) == "another collection is at work in this store\n");
}

TEST_CASE("JSON has the plan, with sizes, reasons and outcomes") {
  const Policy policy = max_age(45 * kDay);
  const CensusBuilder builder = old_and_new();
  GcReport report = planned(builder, policy);
  const Json planned_json = Json::parse(gc_json({report, policy, true}));
  CHECK(planned_json["dry_run"] == true);
  REQUIRE(planned_json["going"].size() == 1);
  CHECK(planned_json["going"][0]["id"] == a_snapshot("new").hex());
  CHECK(planned_json["going"][0]["why"] == "age");
  CHECK(planned_json["going"][0]["freed_bytes"] == 20 * kMB);
  CHECK(planned_json["going"][0]["outcome"] == "planned");
  CHECK(planned_json["kept"][0]["why"] == "no-rule");
  CHECK(planned_json["bytes_after"] == 10 * kMB);
  report.taken_back = {builder.position("new")};
  CHECK(Json::parse(gc_json({report, policy}))["going"][0]["outcome"] == "taken-back");
  report.taken_back.clear();
  CHECK(Json::parse(gc_json({report, policy}))["going"][0]["outcome"] == "removed");
}
