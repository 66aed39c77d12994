#include "gc/collect/mark.h"

#include <doctest/doctest.h>

#include "tests/gc/collect_world.h"

using namespace envstore;
using namespace envstore::testing;

TEST_CASE("a run takes back what was condemned") {
  CollectWorld world;
  const SnapshotId id = world.place_one("a");
  const Census census = take_census(world.store);
  REQUIRE(condemn(world.store, census, {0}) == std::vector<std::uint32_t>{0});
  CHECK(world.store.index().read().fate(id)->fate == Fate::condemned);
  { const auto lease = world.run(id); }
  CHECK(mark_deleting(world.store, {id}).empty());
  CHECK(!world.store.index().read().fate(id));
}

TEST_CASE("what was used, leased or pinned since it was counted is not condemned, and not deleted") {
  CollectWorld world;
  const SnapshotId id = world.place_one("a");
  const Census census = take_census(world.store);
  SUBCASE("used") {
    { const auto lease = world.run(id); }
    CHECK(condemn(world.store, census, {0}).empty());
  }
  SUBCASE("pinned after it was condemned") {
    REQUIRE(condemn(world.store, census, {0}).size() == 1);
    Index::Write rows = world.store.index().durable_write();
    rows.put_root("pin:a", {RootKind::pin, "a", id, 1});
    rows.commit();
    CHECK(mark_deleting(world.store, {id}).empty());
    CHECK(!world.store.index().read().fate(id));
  }
}

TEST_CASE("what a live lease names in its file is taken back though no row says so") {
  CollectWorld world;
  const SnapshotId id = world.place_one("a");
  const auto lease = world.run(id);
  {
    Index::Write rows = world.store.index().write();
    rows.erase_lease(lease->name());
    rows.commit();
  }
  world.doom(id, Fate::condemned);
  CHECK(mark_deleting(world.store, {id}).empty());
  CHECK(!world.store.index().read().fate(id));
}

TEST_CASE("a condemned snapshot that the policy does not ask for any more is pardoned") {
  CollectWorld world;
  const SnapshotId id = world.place_one("a");
  world.doom(id, Fate::condemned);
  collect(world.store, {});
  CHECK(world.has_row(id));
  CHECK(!world.store.index().read().fate(id));
}
