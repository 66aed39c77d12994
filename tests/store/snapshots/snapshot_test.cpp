#include "store/snapshots/snapshot.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"
#include "tests/store/tree_world.h"

using namespace envstore;
using envstore::testing::TreeWorld;

TEST_CASE("a snapshot's record comes back, and its id covers all of it") {
  SnapshotRecord record = TreeWorld::record({{"a", TreeId{sha256(as_bytes("a"))}}});
  record.forced_forest = {"a"};
  CHECK(SnapshotRecord::parse(record.canonical()).canonical() == record.canonical());
  const SnapshotId id = record.id();
  const auto differs = [&](auto change) {
    SnapshotRecord other = record;
    change(other);
    return other.id() != id;
  };
  CHECK(differs([](SnapshotRecord& r) { r.interpreter += "x"; }));
  CHECK(differs([](SnapshotRecord& r) { r.site_path += "x"; }));
  CHECK(differs([](SnapshotRecord& r) { r.cache_tag += "x"; }));
  CHECK(differs([](SnapshotRecord& r) { r.prefix_files.clear(); }));
  CHECK(differs([](SnapshotRecord& r) { r.trees[0].version = "2"; }));
  CHECK(differs([](SnapshotRecord& r) { r.forced_forest.clear(); }));
  const std::string text = record.canonical();
  for (std::size_t size = 0; size < text.size(); ++size)
    CHECK_THROWS_AS(SnapshotRecord::parse(text.substr(0, size)), Error);
  CHECK_THROWS_AS(SnapshotRecord::parse("{}"), Error);
}
