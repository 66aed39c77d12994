#include <doctest/doctest.h>

#include "tests/gc/repair_world.h"

using namespace envstore;
using envstore::testing::blob_of;
using envstore::testing::RepairWorld;

namespace {

struct World : RepairWorld {
  void repair(DamageFound found) {
    const auto now = verification();
    repair_rows_and_records(*now, bench, {std::move(found)});
  }
  DamageFound of_tree(Damage damage, const std::string& file) {
    DamageFound found{.damage = damage, .path = at(demo, file)};
    found.tree = demo;
    return found;
  }
  DamageFound of_snapshot(Damage damage) {
    DamageFound found{.damage = damage, .path = store_paths::snapshot_record(snapshot)};
    found.snapshot = snapshot;
    return found;
  }
};

template <class Change>
void change_rows(World& world, Change change) {
  Index::Write write = world.store().index().write();
  change(write);
  write.commit();
}

}  // namespace

TEST_CASE("a manifest is written again from the files of its tree") {
  World world;
  const std::string manifest = world.content(world.at(world.demo, "manifest"));
  world.put_new_file(world.at(world.demo, "manifest"), "nonsense");
  world.repair(world.of_tree(Damage::damaged_manifest, "manifest"));
  CHECK(world.content(world.at(world.demo, "manifest")) == manifest);
  CHECK(world.quarantined() == std::vector<std::string>{"nonsense"});
}

TEST_CASE("a manifest whose files differ from the tree's id is left as it is") {
  World world;
  world.put_new_file(world.at(world.demo, "manifest"), "nonsense");
  world.put_new_file(world.at(world.demo, "site/demo/data.bin"), "evil");
  world.repair(world.of_tree(Damage::damaged_manifest, "manifest"));
  CHECK(world.content(world.at(world.demo, "manifest")) == "nonsense");
}

TEST_CASE("the description of a tree is written again from its row") {
  World world;
  const std::string before = world.content(world.at(world.demo, "tree.json"));
  world.remove(world.at(world.demo, "tree.json"));
  world.repair(world.of_tree(Damage::missing, "tree.json"));
  CHECK(world.content(world.at(world.demo, "tree.json")) == before);
}

TEST_CASE("the rows of a tree are those of its manifest again") {
  World world;
  const BlobId own = blob_of(World::kDemo), foreign = blob_of("TWO = 2\n");
  SUBCASE("of a tree whose row was lost") {
    change_rows(world, [&](Index::Write& write) { write.erase(world.demo); });
  }
  SUBCASE("of a tree with one link too few and one too many") {
    change_rows(world, [&](Index::Write& write) {
      write.unlink_blob_from_tree(own, world.demo);
      write.link_blob_to_tree(foreign, world.demo);
    });
  }
  SUBCASE("of a tree that counts other files") {
    change_rows(world, [&](Index::Write& write) {
      TreeRow row = *write.tree(world.demo);
      row.files = 1;
      write.put(world.demo, row);
    });
  }
  world.repair(world.of_tree(Damage::damaged_row, ""));
  Index::Read read = world.store().index().read();
  REQUIRE(read.tree(world.demo));
  CHECK(read.tree(world.demo)->files == 7);
  CHECK(read.trees_of(own) == std::vector<TreeId>{world.demo});
  CHECK(read.trees_of(foreign) == std::vector<TreeId>{world.other});
}

TEST_CASE("the row of a snapshot is made from its record on disk, and its links from the record") {
  World world;
  SUBCASE("a lost row") {
    change_rows(world, [&](Index::Write& write) { write.erase(world.snapshot); });
  }
  SUBCASE("a row with another record") {
    change_rows(world, [&](Index::Write& write) {
      SnapshotRow row = *write.snapshot(world.snapshot);
      row.record = "{}";
      write.put(world.snapshot, row);
    });
  }
  SUBCASE("a lost link") {
    change_rows(world,
                [&](Index::Write& write) { write.unlink_tree_from_snapshot(world.other, world.snapshot); });
  }
  world.repair(world.of_snapshot(Damage::damaged_row));
  Index::Read read = world.store().index().read();
  REQUIRE(read.snapshot(world.snapshot));
  CHECK(SnapshotRecord::parse(read.snapshot(world.snapshot)->record).id() == world.snapshot);
  CHECK(read.snapshots_of(world.other) == std::vector<SnapshotId>{world.snapshot});
}

TEST_CASE("a lost record is written again with the requests that the index has for it") {
  World world;
  world.remove(store_paths::snapshot_record(world.snapshot));
  world.repair(world.of_snapshot(Damage::missing));
  const auto file = read_snapshot_file(world.store(), world.snapshot);
  REQUIRE(file);
  REQUIRE(file->requests.size() == 1);
  CHECK(file->requests[0].label == "script.py");
}

TEST_CASE("a row without anything on disk to make it from is left out, without an error") {
  World world;
  change_rows(world, [&](Index::Write& write) { write.erase(world.snapshot); });
  world.remove(store_paths::snapshot_record(world.snapshot));
  world.repair(world.of_snapshot(Damage::damaged_row));
  CHECK_FALSE(world.store().index().read().snapshot(world.snapshot));
}
