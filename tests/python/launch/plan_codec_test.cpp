#include <doctest/doctest.h>

#include "python/launch/launch.h"
#include "store/platform/error.h"

using namespace envstore;

namespace {
LaunchPlan a_plan() {
  LaunchPlan plan{"/usr/bin/python3.11",          "/usr/bin", "3.11.2",
                  "lib/python3.11/site-packages", {},         {"/src/a"}};
  plan.layers.push_back({SnapshotId{{1, 2, 3}}, Layout::forest, true, {"jupyter", "ruff"}, {"share", "etc"}});
  plan.layers.push_back({SnapshotId{{9}}, Layout::farm, false, {}, {}});
  return plan;
}
}  // namespace

TEST_CASE("a plan survives being stored") {
  CHECK(LaunchPlan::decode(a_plan().encode()) == a_plan());
}

TEST_CASE("a plan cut short at any length, or too long, is damage") {
  const std::string bytes = a_plan().encode();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    CHECK_THROWS_AS(LaunchPlan::decode(std::string_view(bytes).substr(0, size)), Error);
  }
  CHECK_THROWS_AS(LaunchPlan::decode(bytes + '\0'), Error);
}

TEST_CASE("any one changed byte of a plan is damage or another plan, never a crash") {
  const std::string bytes = a_plan().encode();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0xff);
    try {
      const LaunchPlan other = LaunchPlan::decode(changed);
      CHECK_FALSE(other == a_plan());
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::damaged);
    }
  }
}

TEST_CASE("a printed plan has everything that a plan has") {
  CHECK(to_json(LaunchPlan()) ==
        R"({"editable-paths":[],"home":"","interpreter":"","layers":[],"site-path":"","version":""})");
  const std::string text = to_json(a_plan());
  for (const char* part : {R"("interpreter":"/usr/bin/python3.11")", R"("scripts":["jupyter","ruff"])",
                           R"("layout":"forest")", R"("has-pth":true)", R"("prefix-entries":["share","etc"])",
                           R"("editable-paths":["/src/a"])", R"("version":"3.11.2")"})
    CHECK(text.find(part) != std::string::npos);
}
