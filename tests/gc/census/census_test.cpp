#include "gc/census/census.h"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <limits>

#include "gc/collect/plan.h"
#include "store/objects/slot_ledger.h"
#include "store/platform/error.h"
#include "store/platform/store_paths.h"
#include "store/snapshots/snapshot.h"
#include "tests/gc/collect_world.h"
#include "tests/store/builders.h"

using namespace envstore;
using namespace envstore::testing;

namespace {

struct World {
  TreeWorld folder;
  Store& store = folder.store();

  SnapshotId place(const std::map<std::string, TreeId>& trees, const std::string& label = "label") {
    Lease lease = TreeWorld::lease(store);
    RequestRow request;
    request.canonical = "request of " + label;
    request.label = label;
    return place_snapshot(store, lease, TreeWorld::record(trees), Layout::farm, request).id;
  }
  std::uint64_t bytes_of(const Census& census, std::initializer_list<TreeId> trees) const {
    for (const BlobGroup& group : census.groups) {
      std::vector<TreeId> ids;
      for (const std::uint32_t tree : group.trees) ids.push_back(census.trees[tree].id);
      std::vector<TreeId> wanted(trees);
      std::sort(wanted.begin(), wanted.end());
      if (ids == wanted) return group.bytes;
    }
    return 0;
  }
};

}  // namespace

TEST_CASE("the census of a new store is empty") {
  World world;
  const Census census = take_census(world.store);
  CHECK(census.snapshots.empty());
  CHECK(census.total_bytes() == 0);
  CHECK(census.filesystem_bytes > census.free_bytes);
}

TEST_CASE("blobs are counted once each, by the trees that have them, in whole blocks") {
  World world;
  const std::string large(5000, 'x');
  const TreeId a = world.folder.add_tree("a", {{"site/own.py", "a"}, {"site/same.py", large}});
  const TreeId b = world.folder.add_tree("b", {{"site/own.py", "b"}, {"site/other.py", large}});
  for (const bool is_promoted : {false, true}) {
    if (is_promoted) world.store.index().promote(Index::Wait::yes);
    const Census census = take_census(world.store);
    REQUIRE(census.trees.size() == 2);
    CHECK(world.bytes_of(census, {a, b}) == 8192);
    CHECK(world.bytes_of(census, {a}) == 4096);
    CHECK(world.bytes_of(census, {b}) == 4096);
    CHECK(census.total_blobs() == 3);
  }
}

TEST_CASE("a snapshot is counted with its trees, labels, uses, roots and leases") {
  World world;
  const TreeId a = world.folder.add_tree("a", {{"site/a.py", "a"}});
  const SnapshotId id = world.place({{"a", a}}, "x.py");
  {
    Index::Write rows = world.store.index().write();
    rows.put_root("tool", {.kind = RootKind::pin, .path = "tool", .snapshot = id, .made_at_ns = 1});
    rows.put_fate(id, {.fate = Fate::condemned, .epoch = 1, .since_ns = 1});
    rows.commit();
  }
  const Census idle = take_census(world.store);
  REQUIRE(idle.snapshots.size() == 1);
  CHECK(idle.snapshots[0].id == id);
  CHECK(idle.trees[idle.snapshots[0].trees.at(0)].id == a);
  CHECK(idle.snapshots[0].labels == std::vector<std::string>{"x.py"});
  CHECK(idle.snapshots[0].held_by == std::vector<std::string>{"tool"});
  CHECK(idle.snapshots[0].fate->fate == Fate::condemned);
  CHECK(idle.snapshots[0].leased_by.empty());
  CHECK_FALSE(idle.oldest_ingest_ns);
  const auto lease = Lease::acquire(world.store, LeaseKind::run, {id}, "python x.py");
  const Census busy = take_census(world.store);
  REQUIRE(busy.snapshots[0].leased_by.size() == 1);
  CHECK(busy.snapshots[0].leased_by[0].ends_with(", running python x.py"));
}

TEST_CASE("a lease whose lock is free protects nothing") {
  World world;
  const SnapshotId id = world.place({{"a", world.folder.add_tree("a", {{"site/a.py", "a"}})}});
  auto lease = Lease::acquire(world.store, LeaseKind::run, {id}, "x");
  Fd held(lease->fd());
  lease->hand_over();  // its row and file stay
  CHECK(take_census(world.store).snapshots[0].leased_by.size() == 1);
  held = Fd();
  CHECK(take_census(world.store).snapshots[0].leased_by.empty());
}

TEST_CASE("a live ingest is counted, and blobs of its unfinished trees belong to no tree") {
  World world;
  const Lease ingest = TreeWorld::lease(world.store);
  Index::Write rows = world.store.index().write();
  rows.put(a_blob("half"), a_blob_row(10));
  rows.link_blob_to_tree(a_blob("half"), a_tree("unfinished"));
  rows.commit();
  const Census census = take_census(world.store);
  CHECK(census.oldest_ingest_ns);
  CHECK(world.bytes_of(census, {}) == 4096);
}

TEST_CASE("a tree that a snapshot names keeps its blobs though its row is lost") {
  World world;
  const TreeId a = world.folder.add_tree("a", {{"site/a.py", "a"}});
  world.place({{"a", a}});
  Index::Write rows = world.store.index().write();
  rows.erase(a);
  rows.commit();
  const Census census = take_census(world.store);
  CHECK(world.bytes_of(census, {a}) == 4096);
  CHECK(plan_gc(census, {}).unused_trees.empty());
}

TEST_CASE("a live lease counts without its row, and one that cannot be read may use everything") {
  World world;
  const TreeId a = world.folder.add_tree("a", {{"site/a.py", "a"}});
  const SnapshotId id = world.place({{"a", a}});
  const auto lease = Lease::acquire(world.store, LeaseKind::run, {id}, "x.py");
  Index::Write rows = world.store.index().write();
  rows.erase_lease(lease->name());
  rows.commit();
  CHECK(take_census(world.store).snapshots[0].leased_by.size() == 1);
  const Fd half = open_file(world.store.root(), store_paths::lease(lease->name()), O_WRONLY);
  REQUIRE(ftruncate(half.get(), 20) == 0);
  const Census census = take_census(world.store);
  CHECK(census.snapshots[0].leased_by.empty());
  REQUIRE(census.unknown_leases.size() == 1);
  CHECK(census.unknown_leases[0].starts_with("lease " + lease->name()));
  CHECK(census.oldest_ingest_ns == std::numeric_limits<std::int64_t>::min());
}

TEST_CASE("what no snapshot has may be a lease's whose snapshot has no row") {
  World world;
  const SnapshotId id = world.place({{"a", world.folder.add_tree("a", {{"site/a.py", "a"}})}});
  auto user = Lease::acquire(world.store, LeaseKind::run, {id}, "y.py");
  CHECK(take_census(world.store).stray_leases.empty());
  Index::Write rows = world.store.index().write();
  rows.erase(id);
  rows.commit();
  const Census census = take_census(world.store);
  REQUIRE(census.stray_leases.size() == 1);
  CHECK(census.stray_leases[0].ends_with("running y.py"));
  CHECK(plan_gc(census, {}).unused_trees.empty());
}

TEST_CASE("an ingest from the future began before everything") {
  World world;
  const Lease ingest = TreeWorld::lease(world.store);
  auto row = *world.store.index().read().lease(ingest.name());
  row.made_at_ns += std::chrono::nanoseconds(std::chrono::hours(1)).count();
  Index::Write rows = world.store.index().write();
  rows.put_lease(ingest.name(), row);
  rows.commit();
  CHECK(take_census(world.store).oldest_ingest_ns == std::numeric_limits<std::int64_t>::min());
}

TEST_CASE(
    "a row from the future is counted where the clock can be right, and else the clock went backwards") {
  World world;
  const SnapshotId id = world.place({{"a", world.folder.add_tree("a", {{"site/a.py", "a"}})}});
  const auto use = [&](std::chrono::nanoseconds from_now) {
    Index::Write rows = world.store.index().write();
    rows.put_last_use(id, (world.store.clock().now() + from_now).time_since_epoch().count());
    rows.commit();
    return take_census(world.store);
  };
  CHECK(use(std::chrono::seconds(30)).times_ahead == 0);
  const Census trusted = use(std::chrono::hours(1));
  CHECK(trusted.times_ahead == 1);
  CHECK_FALSE(trusted.clock_went_back);
  // The last collection is in the future, too: one of the two clocks is wrong, and it is not known which.
  const auto later = world.store.clock().now() + std::chrono::hours(1);
  replace_file(world.store.root(), "locks/gc.size",
               "1 1 0 " + std::to_string(later.time_since_epoch().count()) + "\n", 0600);
  const Census doubted = use(std::chrono::hours(1));
  CHECK(doubted.times_ahead == 0);
  CHECK(doubted.clock_went_back);
}

TEST_CASE("trees without any row are a damaged index, not garbage") {
  World world;
  world.folder.add_tree("a", {{"site/a.py", "a"}});
  world.store.index().recreate();
  try {
    take_census(world.store);
    FAIL("counted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::damaged);
    CHECK(error.hint().find("envstore verify --rebuild-index") != std::string::npos);
  }
}

TEST_CASE("the trees of a record are those of its parsed form") {
  SnapshotRecord record = TreeWorld::record({{"a", a_tree("a")}, {"b", a_tree("b")}});
  record.prefix_files.emplace_back(R"("tree":"no)", R"({"tree":"0"})");
  record.trees[0].version = R"("tree":"x")";
  CHECK(trees_of_record(record.canonical()) == std::vector{record.trees[0].tree, record.trees[1].tree});
  CHECK(trees_of_record("{}").empty());
  const std::string text = record.canonical();
  const std::size_t at = text.find(a_tree("a").hex());
  for (const std::size_t cut : {at, at + 1, at + 63, at + 64})
    CHECK_THROWS_AS(trees_of_record(text.substr(0, cut)), Error);
}

TEST_CASE("what was compiled counts with its tree, each file once, rounded up to blocks") {
  CollectWorld world;
  const TreeId tree = world.folder.add_tree("a", {{"site/a.py", "a\n"}});
  world.place({{"a", tree}});
  const std::uint64_t before = take_census(world.store).trees.at(0).overhead_bytes;
  CHECK(before > 0);
  const std::string lines = ledger_line("0/a.cpython-311.pyc", {.inode = 1, .size = 9000}) +
                            ledger_line("0/a.cpython-311.pyc", {.inode = 2, .size = 4097}) +
                            ledger_line("0/b.cpython-311.pyc", {.inode = 3, .size = 1});
  create_file(world.store.root(), store_paths::slots(tree) + "/" + store_paths::kSlotLedger, lines, 0444);
  CHECK(take_census(world.store).trees.at(0).overhead_bytes == before + 3 * 4096);
}

TEST_CASE("a second layout counts, and so does the index") {
  CollectWorld world;
  const TreeId tree = world.folder.add_tree("a", {{"site/a.py", "a\n"}});
  world.place({{"a", tree}});
  const Census one = take_census(world.store);
  world.place({{"a", tree}}, Layout::forest);
  const Census two = take_census(world.store);
  CHECK(two.snapshots.at(0).overhead_bytes > one.snapshots.at(0).overhead_bytes);
  CHECK(one.index_bytes > 0);
  CHECK(one.overhead_bytes() ==
        one.trees[0].overhead_bytes + one.snapshots[0].overhead_bytes + one.index_bytes);
}
