#include "cli/output/usage_report.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "gc/census/usage.h"
#include "tests/gc/a_census.h"

using namespace envstore;
using namespace envstore::testing;

namespace {

CensusBuilder two_that_share() {
  return a_census()
      .tree("a", 10)
      .tree("b", 20)
      .shared({"a", "b"}, 5)
      .snapshot("s", {"a", "b"})
      .snapshot("t", {"b"});
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a snapshot is titled by its labels, else by its packages, at most three") {
  CensusBuilder builder = two_that_share();
  Census census = builder.census();
  CHECK(title_of(census, census.snapshots[0]) == "a 1.0; b 1.0");
  census.snapshots[0].labels = {"w.py", "x.py", "y.py", "z.py"};
  CHECK(title_of(census, census.snapshots[0]) == "w.py; x.py; y.py and 1 more");
  census.snapshots[0] = {};
  CHECK(title_of(census, census.snapshots[0]) == "no packages");
}

TEST_CASE("a tree without a row is titled by its id") {
  CountedTree tree;
  tree.id = a_tree("lost");
  CHECK(title_of(tree) == "tree " + a_tree("lost").hex().substr(0, 12));
}

TEST_CASE("disk use counts shared files once") {
  const Census census = two_that_share().census();
  const std::string text = usage_text(census, usage_of(census), Rows::largest);
  CHECK(has(text, "35 MB in 35 files; 5.0 MB of it shared by several packages"));
  CHECK(has(text, "2 snapshots: as separate environments they would take 60 MB"));
  CHECK(has(text, "b 1.0  in 2 snapshots"));
  CHECK(has(text, "a 1.0  in 1 snapshot\n"));
}

TEST_CASE("only the largest are listed unless all are requested") {
  CensusBuilder builder = a_census();
  for (int i = 0; i < 20; ++i) builder.tree("p" + std::to_string(i), 100 - static_cast<std::uint64_t>(i));
  const Usage usage = usage_of(builder.census());
  CHECK(has(usage_text(builder.census(), usage, Rows::largest), "and 5 more: --all"));
  CHECK_FALSE(has(usage_text(builder.census(), usage, Rows::largest), "p19 1.0"));
  CHECK(has(usage_text(builder.census(), usage, Rows::all), "p19 1.0"));
}

TEST_CASE("JSON has the same numbers in bytes") {
  const Census census = two_that_share().census();
  const auto json = nlohmann::json::parse(usage_json(census, usage_of(census)));
  CHECK(json["total_bytes"] == 35 * kMB);
  CHECK(json["shared_bytes"] == 5 * kMB);
  CHECK(json["apparent_bytes"] == 60 * kMB);
  CHECK(json["packages"].size() == 2);
  CHECK(json["packages"][0]["name"] == "b");
  CHECK(json["packages"][0]["own_bytes"] == 20 * kMB);
}

TEST_CASE("names of packages and scripts cannot become markup of the HTML page") {
  CensusBuilder builder = a_census().tree("a", 10).snapshot("s", {"a"});
  Census census = builder.census();
  census.trees[0].name = "<script>alert(1)</script>";
  census.snapshots[0].labels = {"</td>\"'&<b>"};
  const std::string page = usage_html("/s<tore>", census, usage_of(census));
  CHECK_FALSE(has(page, "<script>alert"));
  CHECK_FALSE(has(page, "</td>\"'&<b>"));
  CHECK_FALSE(has(page, "/s<tore>"));
}
