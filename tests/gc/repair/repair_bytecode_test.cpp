#include <doctest/doctest.h>

#include "store/snapshots/placement_names.h"
#include "tests/gc/repair_world.h"

using namespace envstore;
using envstore::testing::blob_of;
using envstore::testing::RepairWorld;
using Texts = std::vector<std::string>;

namespace {

struct World : RepairWorld {
  /// Puts bytecode of `module` and of another module into the slot.
  void compile(const std::string& slot, const std::string& module) {
    put_new_file(join(slot, module + ".cpython-311.pyc"), module);
    put_new_file(join(slot, "beside.cpython-311.pyc"), "beside");
  }
  std::string marker(const std::string& owner) {
    create_file(store().root(), join(owner, "complete-cpython-311"), "", 0444);
    return join(owner, "complete-cpython-311");
  }
  DamageFound damage(Damage kind, const std::string& path) {
    DamageFound found{.damage = kind, .path = path};
    found.affected.snapshots = {snapshot};
    return found;
  }
};

}  // namespace

TEST_CASE("bytecode of a changed source goes to quarantine in every slot; that of its neighbours stays") {
  World world;
  // The slots of `demo`: 0 for site/demo, 1 for site/shared, which the snapshot has, too.
  const std::string of_tree = store_paths::slots(world.demo) + "/1",
                    of_snapshot = snapshot_slot(world.snapshot, "/shared");
  for (const std::string& slot : {of_tree, of_snapshot}) world.compile(slot, "one");
  const std::string in_tree = world.marker(store_paths::slots(world.demo)),
                    in_snapshot = world.marker(store_paths::slots(world.snapshot));
  const auto now = world.verification();
  drop_bytecode_of(*now, world.bench, {blob_of("ONE = 1\n")}, {world.demo});
  CHECK(world.quarantined() == Texts{"one", "one"});
  for (const std::string& slot : {of_tree, of_snapshot}) {
    CHECK_FALSE(world.exists(slot + "/one.cpython-311.pyc"));
    CHECK(world.exists(slot + "/beside.cpython-311.pyc"));
  }
  CHECK_FALSE(world.exists(in_tree));
  CHECK_FALSE(world.exists(in_snapshot));
}

TEST_CASE("a tree without the changed source keeps its bytecode and its marker") {
  World world;
  world.compile(store_paths::slots(world.demo) + "/1", "one");
  const std::string marker = world.marker(store_paths::slots(world.demo));
  const auto now = world.verification();
  drop_bytecode_of(*now, world.bench, {blob_of("OTHER = 1\n"), blob_of("a = 1\n")}, {world.demo});
  CHECK(world.quarantined().empty());
  CHECK(world.exists(marker));
}

TEST_CASE("foreign bytecode moves to quarantine, and no marker promises that all is compiled") {
  World world;
  const std::string slot = store_paths::slots(world.demo) + "/0";
  world.compile(slot, "evil");
  const std::string marker = world.marker(store_paths::slots(world.demo));
  repair_bytecode(world.bench, {world.damage(Damage::foreign_bytecode, slot + "/evil.cpython-311.pyc")});
  CHECK(world.quarantined() == Texts{"evil"});
  CHECK(world.exists(slot + "/beside.cpython-311.pyc"));
  CHECK_FALSE(world.exists(marker));
}

TEST_CASE("slots that are missing or something else are made again, sealed") {
  World world;
  const std::string owner = store_paths::slots(world.demo);
  std::string damaged = owner + "/0";
  SUBCASE("a slot that is missing") {
    remove_tree(world.store().root(), damaged);
  }
  SUBCASE("a file in its place") {
    remove_tree(world.store().root(), damaged);
    create_file(world.store().root(), damaged, "evil", 0444);
  }
  SUBCASE("all slots of a tree") {
    remove_tree(world.store().root(), owner);
    damaged = owner;
  }
  repair_bytecode(world.bench, {world.damage(Damage::missing, damaged)});
  CHECK(world.stamp(damaged).is_directory());
  CHECK(world.mode(damaged) == (damaged == owner ? 0755 : 0555));
}

TEST_CASE("a damaged ledger moves away, and is left to the next compilation") {
  World world;
  const std::string ledger = store_paths::slots(world.demo) + "/" + store_paths::kSlotLedger;
  make_directory(world.store().root(), ledger, 0755);
  repair_bytecode(world.bench, {world.damage(Damage::wrong_kind, ledger)});
  CHECK_FALSE(world.exists(ledger));
  CHECK(world.quarantined() == Texts{"directory"});
}
