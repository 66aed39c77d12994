#include "gc/collect/leftovers.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include "store/objects/tree_rows.h"
#include "store/platform/lock.h"
#include "tests/gc/collect_world.h"
#include "tests/store/builders.h"

using namespace envstore;
using namespace envstore::testing;

TEST_CASE("what is left over goes") {
  CollectWorld world;
  Store& store = world.store;
  // The index needs a row: trees without any row mean a lost index.
  const SnapshotId stays = world.place_one("a");
  const std::string nobody(32, 'a');
  make_directories(store.root(), store_paths::scratch(nobody) + "/bin", 0755);
  make_directories(store.root(), store_paths::tmp(nobody) + "/half", 0700);
  make_directories(store.root(), "trash/gc-left/deep", 0700);
  make_directories(store.root(), store_paths::tree(a_tree("orphan")) + "/site", 0755);
  make_directories(store.root(), store_paths::snapshot(a_snapshot("orphan"), Layout::farm) + "/lib", 0755);
  make_directories(store.root(), store_paths::slots(a_tree("gone")) + "/0", 0755);
  create_file(store.root(), store_paths::snapshot_record(a_snapshot("orphan")), "{}", 0444);
  make_directories(store.root(), "objects/ab", 0755);
  create_file(store.root(), "objects/ab/" + std::string(62, 'c'), "orphan", 0444);
  create_file(store.root(), "leases/0123456789abcdef0123456789abcdef", "", 0600);
  SUBCASE("when it is old enough") {
    const auto lease = world.run(stays);
    const GcReport report = collect_all(store);
    CHECK(report.failures.empty());
    CHECK(report.removed_leases == 1);
    CHECK(report.removed_leftovers == 8);
    CHECK(world.entries(store_paths::kScratch) + world.entries(store_paths::kTmp) +
              world.entries(store_paths::kTrash) ==
          0);
    CHECK(world.entries(store_paths::kTrees) == 1);
    CHECK(world.entries(store_paths::kSnapshots) == 2);
    CHECK(world.entries(store_paths::kSlots) == 1);
    CHECK(world.objects() == 1);
  }
  SUBCASE("but not what an ingest may just have made") {
    GcOptions options;  // the grace time is an hour
    options.policy.max_size = SizeLimit{.bytes = 1};
    collect(store, options);
    CHECK(world.entries(store_paths::kTrees) == 2);
    CHECK(world.entries(store_paths::kSnapshots) == 4);
    CHECK(world.objects() == 2);
  }
}

TEST_CASE("the half-made work of an ingest that goes on is left alone") {
  CollectWorld world;
  Store& store = world.store;
  const SnapshotId kept = world.place_one("kept");
  const auto run = world.run(kept);
  Lease ingest = TreeWorld::lease(store);
  TreeBuilder builder(store, ingest);
  builder.add("site/new.py", Executable::no, as_bytes("new\n"));
  CHECK(collect_all(store).failures.empty());
  CHECK(is_there(store, object_of("new\n")));
  const TreeId id = builder.commit(TreeWorld::info("new"));
  collect_all(store);  // the tree is in no snapshot yet
  CHECK(has_tree(store, id));
  place_snapshot(store, ingest, TreeWorld::record({{"new", id}}), Layout::forest, std::nullopt);
  collect_all(store);
  CHECK(read_file(store.root(), store_paths::tree(id) + "/site/new.py") == "new\n");
}

namespace {
const std::string kDigest(64, 'a');  // stands for the digest in a run cache entry
}

TEST_CASE(
    "rows that nothing needs go: answers, cached runs and wheels of what is absent, old pages, "
    "interpreters") {
  CollectWorld world;
  const SnapshotId stays = world.place_one("a");
  const auto lease = world.run(stays);
  const std::int64_t now = world.store.clock().now().time_since_epoch().count();
  {
    Index::Write rows = world.store.index().write();
    rows.put_request(a_key("stale"), {.canonical = "stale", .snapshot = a_snapshot("gone"), .label = {}});
    rows.put_cached_run(
        a_key("stale"),
        {.key_text = kDigest, .watched = {}, .snapshots = {stays, a_snapshot("gone")}, .plan = {}});
    rows.put_cached_run(a_key("good"),
                        {.key_text = kDigest, .watched = {}, .snapshots = {stays}, .plan = {}});
    rows.put_cached_run(a_key("words"),
                        {.key_text = "words", .watched = {}, .snapshots = {stays}, .plan = {}});
    rows.put(an_id<WheelHash>("stale"), WheelRow{a_tree("gone")});
    rows.put_document("old", {.etag = {}, .fetched_at_ns = 1, .body = "x"});
    rows.put_document("new", {.etag = {}, .fetched_at_ns = now, .body = "x"});
    rows.put_interpreter("/nowhere/python\n/nowhere/pyvenv.cfg\n1", {.stamp = {}, .facts = "x"});
    rows.put_interpreter("/bin/sh", {.stamp = {}, .facts = "x"});
    rows.commit();
  }
  CHECK(collect_all(world.store).removed_leftovers == 6);
  Index::Read rows = world.store.index().read();
  CHECK(!rows.request(a_key("stale")));
  CHECK(!rows.cached_run(a_key("stale")));
  CHECK(rows.cached_run(a_key("good")));
  CHECK(!rows.wheel(an_id<WheelHash>("stale")));
  CHECK(!rows.document("old"));
  CHECK(rows.document("new"));
  CHECK(!rows.interpreter("/nowhere/python\n/nowhere/pyvenv.cfg\n1"));
  CHECK(rows.interpreter("/bin/sh"));
}

TEST_CASE("what another boot left unpromoted gets its rows, and is no garbage") {
  CollectWorld world;
  const SnapshotId id = world.place_one("a");
  world.folder.close();
  const std::string folder = world.folder.root() + "/volatile/";
  const std::string boot = list_directory(AT_FDCWD, folder).front().name;
  rename_at(AT_FDCWD, folder + boot, AT_FDCWD, folder + "00000000-0000-0000-0000-000000000000");
  Store& store = world.folder.store();
  GcOptions options;
  options.policy.max_size = SizeLimit{.bytes = 1};
  CHECK(collect(store, options).deleted_snapshots == 0);
  CHECK(store.index().read().snapshot(id));
  CHECK(store.index().other_boots().empty());
}

TEST_CASE("files and pages from the future are stamped as of now, or go, and are no garbage for ever") {
  CollectWorld world;
  const SnapshotId stays = world.place_one("a");
  const auto lease = world.run(stays);
  Store& store = world.store;
  const std::int64_t now = store.clock().now().time_since_epoch().count();
  const std::int64_t ahead = now + std::chrono::nanoseconds(std::chrono::hours(87'600)).count();
  make_directories(store.root(), store_paths::tree(a_tree("orphan")) + "/site", 0755);
  set_mtime(store.root(), store_paths::tree(a_tree("orphan")), ahead);
  {
    Index::Write rows = store.index().write();
    rows.put_document("ahead", {.etag = {}, .fetched_at_ns = ahead, .fresh_until_ns = ahead, .body = "x"});
    rows.put_document("never",
                      {.etag = {}, .fetched_at_ns = std::numeric_limits<std::int64_t>::max(), .body = "x"});
    rows.commit();
  }
  collect_all(store);
  CHECK(!store.index().read().document("ahead"));
  CHECK(store.index().read().document("never"));
  CHECK(world.entries(store_paths::kTrees) == 2);
  CHECK(stat_at(store.root(), store_paths::tree(a_tree("orphan")), Links::do_not_follow)->mtime_ns < ahead);
  collect_all(store);
  CHECK(world.entries(store_paths::kTrees) == 1);
}

TEST_CASE("the row of a deletion whose snapshot a power cut removed is erased once its files are gone") {
  CollectWorld world;
  const SnapshotId lost = a_snapshot("lost"), going = world.place_one("a");
  world.doom(lost, Fate::deleting);
  create_file(world.store.root(), store_paths::snapshot_record(lost), "{}", 0444);
  const auto fate = [&] { return world.store.index().read().fate(lost); };
  collect(world.store, {});  // the grace time is an hour: the file stays, and so does the row
  CHECK(fate());
  CHECK(world.has_row(going));
  throw_away(world.store, store_paths::snapshot_record(lost));
  collect(world.store, {});
  CHECK(!fate());
}

TEST_CASE("lock files of wheels and requests are removed unless they are held") {
  CollectWorld world;
  Store& store = world.store;
  const std::string locks = store_paths::kLocks;
  { const FileLock free = FileLock::wait(store.root(), locks + "/wheel-free", LockMode::exclusive); }
  { const FileLock free = FileLock::wait(store.root(), locks + "/request-free", LockMode::exclusive); }
  { const FileLock other = FileLock::wait(store.root(), locks + "/tree-ab", LockMode::exclusive); }
  const FileLock held = FileLock::wait(store.root(), locks + "/wheel-held", LockMode::exclusive);
  collect_all(store);
  CHECK(!is_there(store, locks + "/wheel-free"));
  CHECK(!is_there(store, locks + "/request-free"));
  CHECK(is_there(store, locks + "/tree-ab"));
  CHECK(is_there(store, locks + "/wheel-held"));
}

TEST_CASE("a cached run goes with a file that it depends on, and stays where one was never there") {
  CollectWorld world;
  const SnapshotId id = world.place_one("a");
  const auto cached_run = [&](const char* name, const WatchedPath& watched) {
    Index::Write rows = world.store.index().write();
    rows.put_cached_run(a_key(name),
                        {.key_text = kDigest, .watched = {watched}, .snapshots = {id}, .plan = {}});
    rows.commit();
  };
  cached_run("gone", {.path = "/nowhere/requirements.txt", .stamp = FileStamp{}});
  cached_run("absent", {.path = "/nowhere/envstore.yaml", .stamp = std::nullopt});
  cached_run("there", {.path = "/bin/sh", .stamp = FileStamp{}});
  collect(world.store, {});
  Index::Read rows = world.store.index().read();
  CHECK(!rows.cached_run(a_key("gone")));
  CHECK(rows.cached_run(a_key("absent")));
  CHECK(rows.cached_run(a_key("there")));
}
