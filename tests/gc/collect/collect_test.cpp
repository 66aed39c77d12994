#include "gc/collect/collect.h"

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "skip.h"
#include "store/objects/tree_rows.h"
#include "store/platform/error.h"
#include "store/platform/lock.h"
#include "store/snapshots/adopt.h"
#include "tests/gc/collect_world.h"
#include "tests/store/processes.h"

using namespace envstore;
using namespace envstore::testing;

TEST_CASE("what nobody uses goes, and what others share stays") {
  CollectWorld world;
  const TreeId shared = world.folder.add_tree("shared", {{"site/shared.py", "shared\n"}});
  const TreeId own = world.folder.add_tree("own", {{"site/own.py", "own\n"}, {"site/both.py", "both\n"}});
  const TreeId other = world.folder.add_tree("other", {{"site/both.py", "both\n"}});
  const SnapshotId goes = world.place({{"shared", shared}, {"own", own}});
  const SnapshotId stays = world.place({{"shared", shared}, {"other", other}}, Layout::forest);
  const auto lease = world.run(stays);

  const Census before = take_census(world.store);
  std::uint64_t overhead_bytes = 0;
  for (const CountedTree& tree : before.trees)
    if (tree.id == own) overhead_bytes += tree.overhead_bytes;
  for (const CountedSnapshot& snapshot : before.snapshots)
    if (snapshot.id == goes) overhead_bytes += snapshot.overhead_bytes;
  const GcReport report = collect_all(world.store);
  CHECK(report.failures.empty());
  CHECK(report.deleted_snapshots == 1);
  CHECK(report.deleted_trees == 1);
  CHECK(report.deleted_blobs == 1);
  CHECK(report.freed_bytes == 4096 + overhead_bytes);
  CHECK(!world.has_row(goes));
  CHECK(!is_there(world.store, store_paths::snapshot(goes, Layout::farm)));
  CHECK(!is_there(world.store, store_paths::snapshot_record(goes)));
  CHECK(!is_there(world.store, store_paths::tree(own)));
  CHECK(!is_there(world.store, store_paths::slots(own)));
  CHECK(!is_there(world.store, object_of("own\n")));
  CHECK(is_there(world.store, object_of("both\n")));
  CHECK(world.has_row(stays));
  CHECK(read_file(world.store.root(), store_paths::tree(shared) + "/site/shared.py") == "shared\n");
  CHECK(world.entries(store_paths::kTrash) == 0);
}

namespace {

void lose_volatile_data(Store& store) {
  for (const DirectoryEntry& boot : list_directory(store.root(), store_paths::kVolatile))
    remove_tree(store.root(), std::string(store_paths::kVolatile) + "/" + boot.name);
}

}  // namespace

TEST_CASE("a snapshot that a run uses is adopted when its rows are lost with the lease's") {
  CollectWorld world;
  const SnapshotId id = world.place_one("a");
  world.store.index().promote(Index::Wait::yes);
  const SnapshotId lost = world.place_one("b");  // not durable yet
  auto run = world.run(lost);
  lose_volatile_data(world.store);
  CHECK(!world.has_row(lost));
  const GcReport report = collect_all(world.store);
  CHECK(report.failures.empty());
  CHECK(world.has_row(lost));
  CHECK(!world.has_row(id));
  CHECK(is_there(world.store, store_paths::snapshot(lost, Layout::farm) + "/" + kSite + "/b.py"));
  CHECK(world.entries(store_paths::kTrees) == 1);
  run.reset();
  collect_all(world.store);
  CHECK(!world.has_row(lost));
}

TEST_CASE("an ingest goes on when volatile data is lost under it, and nothing of it is garbage") {
  CollectWorld world;
  Lease ingest = TreeWorld::lease(world.store);
  const TreeId early = TreeWorld::add_tree(world.store, ingest, "a", {{"site/a.py", "a\n"}});
  lose_volatile_data(world.store);
  world.place_one("other");  // the index needs a row: without any it counts as lost
  CHECK(collect_all(world.store).failures.empty());
  const TreeId late = TreeWorld::add_tree(world.store, ingest, "b", {{"site/b.py", "b\n"}});
  const SnapshotId id = place_snapshot(world.store, ingest, TreeWorld::record({{"a", early}, {"b", late}}),
                                       Layout::farm, std::nullopt)
                            .id;
  CHECK(world.has_row(id));
  CHECK(world.store.index().read().lease(ingest.name())->snapshots == std::vector{id});
  collect_all(world.store);
  CHECK(read_file(world.store.root(), store_paths::tree(early) + "/site/a.py") == "a\n");
  CHECK(read_file(world.store.root(), store_paths::tree(late) + "/site/b.py") == "b\n");
  CHECK(is_there(world.store, store_paths::snapshot(id, Layout::farm) + "/" + kSite + "/b.py"));
}

TEST_CASE("what was made while the clock was ahead is stamped as made now, once") {
  CollectWorld world;
  const SnapshotId id = world.place_one("a");
  const auto ahead = world.store.clock().now() + std::chrono::hours(87'600);
  {
    Index::Write rows = world.store.index().write();
    auto row = *rows.snapshot(id);
    row.made_at_ns = ahead.time_since_epoch().count();
    rows.put(id, row);
    rows.put_last_use(id, row.made_at_ns);
    rows.commit();
  }
  Policy policy = everything();
  policy.grace = std::chrono::hours(1);
  const GcReport first = collect(world.store, {.policy = policy});
  CHECK(first.settled_times == 1);
  CHECK(first.plan.kept.at(0).why == KeptBy::grace);
  CHECK(world.store.index().read().snapshot(id)->made_at_ns <= first.census.now_ns);
  CHECK(*world.store.index().read().last_use_ns(id) <= first.census.now_ns);
  CHECK(collect(world.store, {.policy = policy}).census.times_ahead == 0);
  CHECK(collect_all(world.store).deleted_snapshots == 1);
}

TEST_CASE(
    "packages made since an ingest began are left to the next collection, those made since a run are not") {
  CollectWorld world;
  const auto kind = [&] {
    SUBCASE("ingest") {
      return LeaseKind::ingest;
    }
    SUBCASE("run") {
      return LeaseKind::run;
    }
    return LeaseKind::verify;
  }();
  std::optional<Lease> lease = Lease::acquire(world.store, kind, {}, "at work");
  world.place_one("a");
  const std::uint64_t left = kind == LeaseKind::ingest ? 1 : 0;
  const GcReport report = collect_all(world.store);
  CHECK(report.deleted_snapshots == 1);
  CHECK(report.left_trees == left);
  CHECK(report.deleted_trees == 1 - left);
  lease.reset();
  CHECK(collect_all(world.store).deleted_trees == left);
}

TEST_CASE("a tree's slots go with it, whatever lies in them") {
  CollectWorld world;
  const TreeId tree = world.folder.add_tree("a", {{"site/a.py", "a\n"}});
  world.place({{"a", tree}});
  const std::string slot = store_paths::slots(tree) + "/0";
  {
    const OpenedDirectory opened(world.store.root(), slot);
    create_file(world.store.root(), slot + "/a.cpython-311.pyc", "written by root's Python", 0644);
    make_directories(world.store.root(), slot + "/deep/er", 0755);
  }
  CHECK(collect_all(world.store).deleted_trees == 1);
  CHECK(!is_there(world.store, store_paths::slots(tree)));
  CHECK(world.entries(store_paths::kTrash) == 0);
}

TEST_CASE("a store that is emptied has neither rows nor files left, and can be filled again") {
  CollectWorld world;
  for (const bool is_promoted : {false, true}) {
    const SnapshotId id = world.place_one("a");
    if (is_promoted) world.store.index().promote(Index::Wait::yes);
    CHECK(collect_all(world.store).deleted_snapshots == 1);
    for (const char* name : {store_paths::kTrees, store_paths::kSnapshots, store_paths::kSlots,
                             store_paths::kTmp, store_paths::kTrash})
      CHECK(world.entries(name) == 0);
    CHECK(world.objects() == 0);
    CHECK(!world.has_row(id));
    std::size_t rows = 0;
    Index::Read read = world.store.index().read();
    read.each_blob([&](const BlobId&, const BlobRow&) { return ++rows > 0; });
    read.each_tree([&](const TreeId&, const TreeRow&) { return ++rows > 0; });
    read.each_wheel([&](const WheelHash&, const WheelRow&) { return ++rows > 0; });
    read.each_request([&](const Fingerprint&, const RequestRow&) { return ++rows > 0; });
    read.each_fate([&](const SnapshotId&, const FateRow&) { return ++rows > 0; });
    CHECK(rows == 0);
    CHECK(read.trees_of(BlobId{sha256(as_bytes("name = 'a'\n"))}).empty());
  }
}

TEST_CASE("what a run leases stays until the run ends") {
  CollectWorld world;
  const SnapshotId id = world.place_one("a");
  {
    const auto lease = world.run(id);
    CHECK(collect_all(world.store).deleted_snapshots == 0);
    CHECK(world.has_row(id));
  }
  CHECK(collect_all(world.store).deleted_snapshots == 1);
}

TEST_CASE("what a run in another PID namespace leases stays") {
  if (!can_enter_pid_namespace()) SKIP_TEST("this user may not make a PID namespace");
  CollectWorld world;
  const SnapshotId id = world.place_one("a");
  world.folder.close();
  Pipe leased, may_end;
  Child outside([&] {
    enter_pid_namespace();
    Child inside([&] {
      Store own = world.folder.open();
      const auto lease = Lease::acquire(own, LeaseKind::run, {id}, "inside");
      leased.tell();
      may_end.hear();
      for (const DirectoryEntry& entry : list_directory(own.root(), store_paths::snapshot(id, Layout::farm)))
        static_cast<void>(entry);
    });
    if (inside.wait() != 0) throw std::runtime_error("the run inside failed");
  });
  leased.hear();
  Store& store = world.folder.store();
  for (int i = 0; i < 3; ++i) CHECK(collect_all(store).deleted_snapshots == 0);
  may_end.tell();
  CHECK(outside.wait() == 0);
  CHECK(collect_all(store).deleted_snapshots == 1);
}

TEST_CASE("a snapshot that a root names stays") {
  CollectWorld world;
  const SnapshotId id = world.place_one("a");
  Index::Write rows = world.store.index().durable_write();
  rows.put_root("pin:a", {RootKind::pin, "a", id, 1});
  rows.commit();
  CHECK(collect_all(world.store).deleted_snapshots == 0);
  CHECK(world.has_row(id));
}

TEST_CASE("what a collection that died was deleting goes, whatever the policy says") {
  CollectWorld world;
  const SnapshotId id = world.place_one("a");
  world.doom(id, Fate::deleting);
  throw_away(world.store, store_paths::snapshot(id, Layout::farm));
  CHECK(collect(world.store, {}).deleted_snapshots == 1);
  CHECK(!world.has_row(id));
  CHECK(!world.store.index().read().fate(id));
}

TEST_CASE("blobs that a collection that died has left without a tree go") {
  CollectWorld world;
  const TreeId id = world.folder.add_tree("a", {{"site/a.py", "a\n"}, {"site/b.py", "b\n"}});
  {
    Index::Write rows = world.store.index().write();
    rows.erase(id);
    rows.unlink_blob_from_tree(BlobId{sha256(as_bytes("a\n"))}, id);
    rows.commit();
  }
  throw_away(world.store, store_paths::tree(id));
  SUBCASE("at rest") {
    CHECK(collect_all(world.store).deleted_blobs == 2);
    CHECK(world.objects() == 0);
  }
  SUBCASE("not while the rows of the tree are being written") {
    const FileLock maker = lock_tree(world.store, id);
    CHECK(collect_all(world.store).deleted_blobs == 1);  // the blob that no row links to the tree
    CHECK(is_there(world.store, object_of("b\n")));
  }
}

TEST_CASE("a collection that died between the last row and its files does not pass for a lost index") {
  CollectWorld world;
  const SnapshotId id = world.place_one("a");
  const TreeId tree = trees_of_record(world.store.index().read().snapshot(id)->record).front();
  CHECK(collect_all(world.store).deleted_trees == 1);
  make_directories(world.store.root(), store_paths::tree(tree) + "/site", 0755);
  collect_all(world.store);
  CHECK(world.entries(store_paths::kTrees) == 0);
}

TEST_CASE("trees beside an index without rows are no garbage: it was lost") {
  CollectWorld world;
  world.place_one("a");
  world.store.index().recreate();
  Index::Write rows = world.store.index().durable_write();
  rows.erase_document(kUnfinishedRebuild);
  rows.commit();
  CHECK_THROWS_AS(collect_all(world.store), Error);
  CHECK(world.entries(store_paths::kTrees) == 1);
  CHECK(world.objects() == 1);
}

TEST_CASE("a rebuild that was cut short is finished before anything counts as garbage") {
  CollectWorld world;
  const SnapshotId cut_off = world.place_one("a");
  world.store.index().recreate();
  const SnapshotId later = world.place_one("b");
  GcOptions options;
  options.policy.grace = {};
  collect(world.store, options);
  CHECK_FALSE(is_rebuild_unfinished(world.store));
  Index::Read rows = world.store.index().read();
  CHECK(rows.snapshot(cut_off));
  CHECK(rows.snapshot(later));
  CHECK(world.entries(store_paths::kTrees) == 2);
}

TEST_CASE("of two collections one works; the other one reports it, or gives up after its timeout") {
  CollectWorld world;
  const FileLock other = FileLock::wait(world.store.root(), "locks/gc.lock", LockMode::exclusive);
  CHECK(collect(world.store, {}).another_at_work);
  GcOptions options;
  options.lock_timeout = std::chrono::milliseconds(1);
  try {
    collect(world.store, options);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::busy);
  }
  options.dry_run = DryRun::yes;
  CHECK(!collect(world.store, options).another_at_work);
}

TEST_CASE("a dry run plans, and changes nothing") {
  CollectWorld world;
  const SnapshotId id = world.place_one("a");
  GcOptions options;
  options.policy = everything();
  options.dry_run = DryRun::yes;
  CHECK(collect(world.store, options).plan.going.size() == 1);
  CHECK(world.has_row(id));
  CHECK(!world.store.index().read().fate(id));
}

TEST_CASE("what cannot be removed is reported and stays half deleted; the next collection finishes it") {
  if (geteuid() != 0) return;  // needs root, to become another user
  CollectWorld world;
  const SnapshotId a = world.place_one("a");
  make_directories(world.store.root(), "trash/gc-left/deep", 0700);
  world.folder.close();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(world.folder.root()))
    REQUIRE(lchown(entry.path().c_str(), 65534, 65534) == 0);
  const std::string above = world.folder.root().substr(0, world.folder.root().rfind('/'));
  REQUIRE(chown(world.folder.root().c_str(), 65534, 65534) == 0);
  REQUIRE(chmod(above.c_str(), 0755) == 0);
  Child nobody([&] {
    if (setgid(65534) != 0 || setuid(65534) != 0) throw std::runtime_error("cannot become nobody");
    Store store = world.folder.open();
    const std::string snapshots = world.folder.root() + "/snapshots";
    if (chmod(snapshots.c_str(), 0500) != 0) throw std::runtime_error("chmod");
    const GcReport first = collect_all(store);
    if (first.failures.size() != 1 || first.deleted_snapshots != 0) throw std::runtime_error("first");
    if (store.index().read().fate(a)->fate != Fate::deleting) throw std::runtime_error("fate");
    if (is_there(store, "trash/gc-left")) throw std::runtime_error("the rest");
    if (chmod(snapshots.c_str(), 0700) != 0) throw std::runtime_error("chmod");
    const GcReport second = collect(store, {});
    if (!second.failures.empty() || second.deleted_snapshots != 1) throw std::runtime_error("second");
    if (is_there(store, store_paths::snapshot(a, Layout::farm))) throw std::runtime_error("still there");
  });
  CHECK(nobody.wait() == 0);
}
