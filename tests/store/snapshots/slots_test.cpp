#include "store/snapshots/bytecode.h"

#include <doctest/doctest.h>

#include "tests/store/tree_world.h"

using namespace envstore;
using envstore::testing::one_package;
using envstore::testing::TreeWorld;

TEST_CASE("bytecode is asked for until it is marked, and a shared tree's is not asked for again") {
  TreeWorld world;
  Store& store = world.store();
  const TreeId a = world.add_tree("a", one_package("a")), b = world.add_tree("b", one_package("b"));
  const SnapshotRecord both = TreeWorld::record({{"a", a}, {"b", b}});
  Lease lease = TreeWorld::lease(store);
  place_snapshot(store, lease, both, Layout::farm, std::nullopt);
  const std::vector<BytecodeJob> jobs = pending_bytecode(store, both, Layout::farm);
  REQUIRE(jobs.size() == 4);
  for (const BytecodeJob& job : jobs) {
    CHECK(stat_at(AT_FDCWD, job.source, Links::do_not_follow)->is_regular());
    CHECK(stat_at(AT_FDCWD, job.slot, Links::do_not_follow)->is_directory());
    const std::string cache = job.source.substr(0, job.source.rfind('/')) + "/__pycache__";
    CHECK(real_path(cache) == real_path(job.slot));
  }
  CHECK((jobs[0].file_name == "core.cpython-311.pyc" || jobs[1].file_name == "core.cpython-311.pyc"));
  CHECK(!is_bytecode_complete(store, both.id()));
  mark_bytecode_complete(store, both);
  CHECK(is_bytecode_complete(store, both.id()));
  CHECK(pending_bytecode(store, both, Layout::farm).empty());
  const SnapshotRecord one = TreeWorld::record({{"a", a}});
  place_snapshot(store, lease, one, Layout::forest, std::nullopt);
  CHECK(pending_bytecode(store, one, Layout::forest).empty());
}

TEST_CASE("a tree whose modules were compiled into a snapshot's slot is still asked for elsewhere") {
  TreeWorld world;
  Store& store = world.store();
  const TreeId a = world.add_tree("a", {{"site/a.py", "A"}}), b = world.add_tree("b", {{"site/b.py", "B"}});
  const SnapshotRecord both = TreeWorld::record({{"a", a}, {"b", b}}), one = TreeWorld::record({{"a", a}});
  Lease lease = TreeWorld::lease(store);
  place_snapshot(store, lease, both, Layout::farm, std::nullopt);
  place_snapshot(store, lease, one, Layout::farm, std::nullopt);
  REQUIRE(pending_bytecode(store, both, Layout::farm).size() == 2);
  mark_bytecode_complete(store, both);
  CHECK(pending_bytecode(store, one, Layout::farm).size() == 1);
}
