#include <doctest/doctest.h>

#include "tests/gc/repair_world.h"

using namespace envstore;
using envstore::testing::blob_of;
using envstore::testing::RepairWorld;

TEST_CASE("a blob that is set aside takes its trees, their snapshots and requests out of the index") {
  RepairWorld world;
  set_aside(world.store(), world.bench,
            {.blobs = {blob_of(RepairWorld::kDemo)}, .trees = {}, .snapshots = {}});
  Index::Read read = world.store().index().read();
  CHECK_FALSE(read.blob(blob_of(RepairWorld::kDemo)));
  CHECK_FALSE(read.tree(world.demo));
  CHECK_FALSE(read.wheel(RepairWorld::info("demo").wheel));
  CHECK_FALSE(read.snapshot(world.snapshot));
  CHECK_FALSE(read.request(fingerprint(as_bytes("demo other"))));
  CHECK(read.snapshots_of(world.other).empty());
  CHECK(read.trees_of(blob_of("ONE = 1\n")).empty());
}

TEST_CASE("what other trees have stays, with its links") {
  RepairWorld world;
  set_aside(world.store(), world.bench, {.blobs = {}, .trees = {world.demo}, .snapshots = {}});
  Index::Read read = world.store().index().read();
  CHECK(read.tree(world.other));
  CHECK(read.trees_of(blob_of("TWO = 2\n")) == std::vector<TreeId>{world.other});
  CHECK(read.blob(blob_of(RepairWorld::kDemo)));
}

TEST_CASE("a snapshot that is set aside alone leaves its trees") {
  RepairWorld world;
  set_aside(world.store(), world.bench, {.blobs = {}, .trees = {}, .snapshots = {world.snapshot}});
  Index::Read read = world.store().index().read();
  CHECK_FALSE(read.snapshot(world.snapshot));
  CHECK(read.tree(world.demo));
  CHECK(read.snapshots_of(world.demo).empty());
}

TEST_CASE("record, slots and object move to quarantine; the files of running programs stay in place") {
  RepairWorld world;
  set_aside(world.store(), world.bench,
            {.blobs = {blob_of(RepairWorld::kDemo)}, .trees = {}, .snapshots = {}});
  for (const std::string& gone :
       {store_paths::snapshot_record(world.snapshot), store_paths::slots(world.demo),
        store_paths::slots(world.snapshot), world.object_of(RepairWorld::kDemo)})
    CHECK_MESSAGE(!world.exists(gone), gone);
  CHECK(world.exists(world.at(world.demo, "site/demo/__init__.py")));
  CHECK(world.exists(world.in_forest("demo/__init__.py")));
  CHECK(world.exists(store_paths::slots(world.other)));
}

TEST_CASE("the rows are gone durably: they do not come back after a power cut") {
  RepairWorld world;
  set_aside(world.store(), world.bench, {.blobs = {}, .trees = {world.demo}, .snapshots = {}});
  Store later = world.open();
  remove_tree(later.root(), store_paths::kVolatile);
  CHECK_FALSE(world.open().index().read().tree(world.demo));
}

TEST_CASE("a snapshot with a record that cannot be read is set aside like any other") {
  RepairWorld world;
  Index::Write write = world.store().index().write();
  SnapshotRow row = *write.snapshot(world.snapshot);
  row.record = "{}";
  write.put(world.snapshot, row);
  write.commit();
  set_aside(world.store(), world.bench, {.blobs = {}, .trees = {}, .snapshots = {world.snapshot}});
  CHECK_FALSE(world.store().index().read().snapshot(world.snapshot));
}
