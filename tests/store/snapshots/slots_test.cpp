#include "store/snapshots/slots.h"

#include <doctest/doctest.h>

#include "tests/store/tree_world.h"

using namespace envstore;
using envstore::testing::one_package;
using envstore::testing::TreeWorld;

TEST_CASE("sources are pending until they are marked, and a shared tree's do not become pending again") {
  TreeWorld world;
  Store& store = world.store();
  const TreeId a = world.add_tree("a", one_package("a")), b = world.add_tree("b", one_package("b"));
  const SnapshotRecord both = TreeWorld::record({{"a", a}, {"b", b}});
  Lease lease = TreeWorld::lease(store);
  place_snapshot(store, lease, both, Layout::farm, std::nullopt);
  const std::vector<PendingSource> sources = pending_sources(store, both, Layout::farm);
  REQUIRE(sources.size() == 4);
  for (const PendingSource& pending : sources) {
    CHECK(stat_at(AT_FDCWD, pending.source.absolute(), Links::do_not_follow)->is_regular());
    CHECK(stat_at(AT_FDCWD, pending.slot.absolute(), Links::do_not_follow)->is_directory());
    const std::string cache =
        pending.source.absolute().substr(0, pending.source.absolute().rfind('/')) + "/__pycache__";
    CHECK(real_path(cache) == real_path(pending.slot.absolute()));
  }
  CHECK(!are_slots_complete(store, both.id()));
  mark_slots_complete(store, both);
  CHECK(are_slots_complete(store, both.id()));
  CHECK(pending_sources(store, both, Layout::farm).empty());
  const SnapshotRecord one = TreeWorld::record({{"a", a}});
  place_snapshot(store, lease, one, Layout::forest, std::nullopt);
  CHECK(pending_sources(store, one, Layout::forest).empty());
}

TEST_CASE("sources of a tree that were derived into a snapshot's slot are still pending elsewhere") {
  TreeWorld world;
  Store& store = world.store();
  const TreeId a = world.add_tree("a", {{"site/a.py", "A"}}), b = world.add_tree("b", {{"site/b.py", "B"}});
  const SnapshotRecord both = TreeWorld::record({{"a", a}, {"b", b}}), one = TreeWorld::record({{"a", a}});
  Lease lease = TreeWorld::lease(store);
  place_snapshot(store, lease, both, Layout::farm, std::nullopt);
  place_snapshot(store, lease, one, Layout::farm, std::nullopt);
  REQUIRE(pending_sources(store, both, Layout::farm).size() == 2);
  mark_slots_complete(store, both);
  CHECK(pending_sources(store, one, Layout::farm).size() == 1);
}
