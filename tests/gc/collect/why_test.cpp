#include "gc/collect/why.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"
#include "tests/gc/a_census.h"
#include "tests/gc/collect_world.h"

using namespace envstore;
using namespace envstore::testing;

namespace {

Subject all_of(const Census& census) {
  Subject subject;
  for (std::uint32_t place = 0; place < census.snapshots.size(); ++place) subject.snapshots.push_back(place);
  return subject;
}

std::vector<KeptBy> reasons(const CensusBuilder& world, const Policy& policy = {}) {
  std::vector<KeptBy> found;
  for (const WhyKept& kept : why(world.census(), policy, all_of(world.census())).snapshots)
    for (const WhyKept::Keeper& keeper : kept.keepers) found.push_back(keeper.why);
  return found;
}

}  // namespace

TEST_CASE("everything that keeps a snapshot is named, not only the first") {
  const auto world = a_census().tree("a", 1).snapshot("s", {"a"}).leased().leased("8 sh").rooted().used(1min);
  CHECK(reasons(world) == std::vector<KeptBy>{KeptBy::lease, KeptBy::lease, KeptBy::root, KeptBy::grace});
}

TEST_CASE("a snapshot unused for longer than the grace time is not kept") {
  CHECK(reasons(a_census().tree("a", 1).snapshot("s", {"a"}).used(2h)).empty());
}

TEST_CASE("the grace time is the policy's, and counts from the making, too") {
  Policy policy;
  policy.grace = 3h;
  CHECK(reasons(a_census().tree("a", 1).snapshot("s", {"a"}).used(2h), policy).size() == 1);
  CHECK(reasons(a_census().tree("a", 1).snapshot("s", {"a"}).used(9h).made(2h), policy).size() == 1);
  policy.grace = {};
  CHECK(reasons(a_census().tree("a", 1).snapshot("s", {"a"}).used(1s), policy).empty());
}

TEST_CASE("a word is an id, a path of the store, a file, or a package in one version or any") {
  CollectWorld world;
  const TreeId tree = world.folder.add_tree("a", {{"site/a.py", "a\n"}});
  const SnapshotId id = world.place({{"a", tree}});
  const Census census = take_census(world.store);
  struct Row {
    std::string word;
    Subject::Kind kind;
  };
  const Row rows[] = {
      {id.hex(), Subject::Kind::snapshot},
      {id.hex().substr(0, 6), Subject::Kind::snapshot},
      {world.store.path() + "/" + store_paths::snapshot(id, Layout::farm), Subject::Kind::snapshot},
      {tree.hex(), Subject::Kind::package},
      {"A", Subject::Kind::package},
      {"a==1.0", Subject::Kind::package},
      {world.store.path() + "/" + object_of("a\n"), Subject::Kind::file},
      {world.store.path() + "/" + store_paths::tree(tree) + "/site/a.py", Subject::Kind::file}};
  for (const Row& row : rows) {
    CAPTURE(row.word);
    const Subject subject = find_subject(world.store, census, row.word);
    CHECK(subject.kind == row.kind);
    CHECK(subject.snapshots == std::vector<std::uint32_t>{0});
  }
  for (const char* word : {"a==2.0", "nothing", "000000", "/"})
    CHECK_THROWS_AS(find_subject(world.store, census, word), Error);
}
