#include <doctest/doctest.h>

#include "tests/gc/repair_world.h"

using namespace envstore;
using envstore::testing::blob_of;
using envstore::testing::RepairWorld;

namespace {

/// A `.venv` beside the store, with one file of the package `demo`.
struct World : RepairWorld {
  void add_root(RootKind kind, const std::string& path) {
    Index::Write write = store().index().durable_write();
    write.put_root("root", {.kind = kind, .path = path, .snapshot = snapshot, .made_at_ns = 1});
    write.commit();
  }
  void link_file() {
    make_directories(AT_FDCWD, file.substr(0, file.rfind('/')), 0755);
    REQUIRE(link_at(store().root(), object_of(kDemo), AT_FDCWD, file) == LinkResult::linked);
  }
  /// The object becomes a new inode with the same bytes, as after its repair; returns the old inode.
  std::uint64_t with_new_object() {
    const std::uint64_t bad = stamp(object_of(kDemo)).inode;
    put_new_file(object_of(kDemo), kDemo);
    return bad;
  }
  void repair(const std::set<SnapshotId>& snapshots, std::uint64_t bad) {
    const auto now = verification();
    repair_venvs(*now, snapshots, {{bad, blob_of(kDemo)}});
  }
  bool is_linked_to_object() {
    return stat_at(AT_FDCWD, file, Links::do_not_follow)->inode == stamp(object_of(kDemo)).inode;
  }

  const std::string venv = root() + "-venv";
  const std::string file = venv + "/lib/python3.11/site-packages/demo/__init__.py";
};

}  // namespace

TEST_CASE("a file of a .venv that is a bad inode is linked to the object, and nothing is left beside it") {
  World world;
  world.add_root(RootKind::venv, world.venv);
  world.link_file();
  world.repair({world.snapshot}, world.with_new_object());
  CHECK(world.is_linked_to_object());
  CHECK(list_directory(AT_FDCWD, world.file.substr(0, world.file.rfind('/'))).size() == 1);
}

TEST_CASE("files of other inodes, other snapshots and other roots are not touched") {
  World world;
  world.link_file();
  std::uint64_t bad = 0;
  std::set<SnapshotId> snapshots = {world.snapshot};
  SUBCASE("another inode") {
    world.add_root(RootKind::venv, world.venv);
    bad = world.with_new_object() + 1'000'000;
  }
  SUBCASE("a snapshot that is not damaged") {
    world.add_root(RootKind::venv, world.venv);
    bad = world.with_new_object();
    snapshots = {};
  }
  SUBCASE("a pin") {
    world.add_root(RootKind::pin, world.venv);
    bad = world.with_new_object();
  }
  world.repair(snapshots, bad);
  CHECK_FALSE(world.is_linked_to_object());
}

TEST_CASE("a .venv that was removed is no error") {
  World world;
  world.add_root(RootKind::venv, world.root() + "-nowhere");
  world.repair({world.snapshot}, world.with_new_object());
}
