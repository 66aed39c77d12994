#include "gc/collect.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "../store/builders.h"
#include "../store/processes.h"
#include "../store/tree_world.h"
#include "gc/mark.h"
#include "gc/store_size.h"
#include "store/platform/error.h"
#include "store/platform/lock.h"
#include "store/snapshot.h"
#include "store/tree_rows.h"

using namespace envstore;
using namespace envstore::testing;

namespace {

/// All that nothing holds.
Policy everything() {
  Policy policy;
  policy.max_size = SizeLimit{.bytes = 1};
  policy.grace = {};
  return policy;
}

GcReport collect_all(Store& store) {
  GcOptions options;
  options.policy = everything();
  return collect(store, options);
}

bool is_there(Store& store, const std::string& path) {
  return stat_at(store.root(), path, Links::do_not_follow).has_value();
}

struct World {
  TreeWorld folder;
  Store& store = folder.store();

  SnapshotId place(const std::map<std::string, TreeId>& trees, Layout layout = Layout::farm) {
    Lease lease = TreeWorld::lease(store);
    RequestRow request;
    for (const auto& [name, id] : trees) request.canonical += name;
    request.label = request.canonical;
    return place_snapshot(store, lease, TreeWorld::record(trees), layout, request).id;
  }
  SnapshotId place_one(const std::string& name) {
    return place({{name, folder.add_tree(name, {{"site/" + name + ".py", "name = '" + name + "'\n"}})}});
  }
  std::optional<Lease> run(const SnapshotId& id) {
    return Lease::acquire(store, LeaseKind::run, {id}, "a run");
  }
  void doom(const SnapshotId& id, Fate fate) {
    Index::Write rows = store.index().durable_write();
    rows.put_fate(id, {fate, 1, 1});
    rows.commit();
  }
  bool has_row(const SnapshotId& id) { return store.index().read().snapshot(id).has_value(); }
  std::size_t entries(const char* folder_name) { return list_directory(store.root(), folder_name).size(); }
  std::size_t objects() {
    std::size_t count = 0;
    for (const DirectoryEntry& entry : list_directory(store.root(), layout::kObjects))
      count += list_directory(store.root(), std::string(layout::kObjects) + "/" + entry.name).size();
    return count;
  }
};

std::string object_of(const std::string& content) {
  return layout::object(BlobId{sha256(as_bytes(content))});
}

}  // namespace

TEST_CASE("what nobody uses goes, and what others share stays") {
  World world;
  const TreeId shared = world.folder.add_tree("shared", {{"site/shared.py", "shared\n"}});
  const TreeId own = world.folder.add_tree("own", {{"site/own.py", "own\n"}, {"site/both.py", "both\n"}});
  const TreeId other = world.folder.add_tree("other", {{"site/both.py", "both\n"}});
  const SnapshotId goes = world.place({{"shared", shared}, {"own", own}});
  const SnapshotId stays = world.place({{"shared", shared}, {"other", other}}, Layout::forest);
  const auto lease = world.run(stays);

  const GcReport report = collect_all(world.store);
  CHECK(report.failures.empty());
  CHECK(report.deleted_snapshots == 1);
  CHECK(report.deleted_trees == 1);
  CHECK(report.deleted_blobs == 1);
  CHECK(report.freed_bytes == 4096);
  CHECK(!world.has_row(goes));
  CHECK(!is_there(world.store, layout::snapshot(goes, Layout::farm)));
  CHECK(!is_there(world.store, layout::snapshot_record(goes)));
  CHECK(!is_there(world.store, layout::tree(own)));
  CHECK(!is_there(world.store, layout::bytecode(own)));
  CHECK(!is_there(world.store, object_of("own\n")));
  CHECK(is_there(world.store, object_of("both\n")));
  CHECK(world.has_row(stays));
  CHECK(read_file(world.store.root(), layout::tree(shared) + "/site/shared.py") == "shared\n");
  CHECK(world.entries(layout::kTrash) == 0);
}

TEST_CASE("a store that is emptied has neither rows nor files left, and can be filled again") {
  World world;
  for (const bool is_promoted : {false, true}) {
    const SnapshotId id = world.place_one("a");
    if (is_promoted) world.store.index().promote(Index::Wait::yes);
    CHECK(collect_all(world.store).deleted_snapshots == 1);
    for (const char* name :
         {layout::kTrees, layout::kSnapshots, layout::kBytecode, layout::kTmp, layout::kTrash})
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
  World world;
  const SnapshotId id = world.place_one("a");
  {
    const auto lease = world.run(id);
    CHECK(collect_all(world.store).deleted_snapshots == 0);
    CHECK(world.has_row(id));
  }
  CHECK(collect_all(world.store).deleted_snapshots == 1);
}

TEST_CASE("what a run in another PID namespace leases stays") {
  World world;
  const SnapshotId id = world.place_one("a");
  world.folder.close();
  Pipe leased, may_end;
  Child outside([&] {
    if (unshare(CLONE_NEWPID) != 0) throw std::runtime_error("cannot make a PID namespace");
    Child inside([&] {
      Store own = world.folder.open();
      const auto lease = Lease::acquire(own, LeaseKind::run, {id}, "inside");
      leased.tell();
      may_end.hear();
      for (const DirectoryEntry& entry : list_directory(own.root(), layout::snapshot(id, Layout::farm)))
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
  World world;
  const SnapshotId id = world.place_one("a");
  Index::Write rows = world.store.index().durable_write();
  rows.put_root("pin:a", {RootKind::pin, "a", id, 1});
  rows.commit();
  CHECK(collect_all(world.store).deleted_snapshots == 0);
  CHECK(world.has_row(id));
}

TEST_CASE("a run takes back what was condemned") {
  World world;
  const SnapshotId id = world.place_one("a");
  const Census census = take_census(world.store);
  REQUIRE(condemn(world.store, census, {0}) == std::vector<std::uint32_t>{0});
  CHECK(world.store.index().read().fate(id)->fate == Fate::condemned);
  { const auto lease = world.run(id); }
  CHECK(mark_deleting(world.store, {id}).empty());
  CHECK(!world.store.index().read().fate(id));
}

TEST_CASE("what was used, leased or pinned since it was counted is not condemned, and not deleted") {
  World world;
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

TEST_CASE("a condemned snapshot that the policy does not ask for any more is pardoned") {
  World world;
  const SnapshotId id = world.place_one("a");
  world.doom(id, Fate::condemned);
  collect(world.store, {});
  CHECK(world.has_row(id));
  CHECK(!world.store.index().read().fate(id));
}

TEST_CASE("what a collection that died was deleting goes, whatever the policy says") {
  World world;
  const SnapshotId id = world.place_one("a");
  world.doom(id, Fate::deleting);
  throw_away(world.store, layout::snapshot(id, Layout::farm));
  CHECK(collect(world.store, {}).deleted_snapshots == 1);
  CHECK(!world.has_row(id));
  CHECK(!world.store.index().read().fate(id));
}

TEST_CASE("blobs that a collection that died has left without a tree go") {
  World world;
  const TreeId id = world.folder.add_tree("a", {{"site/a.py", "a\n"}, {"site/b.py", "b\n"}});
  {
    Index::Write rows = world.store.index().write();
    rows.erase(id);
    rows.unlink_blob_from_tree(BlobId{sha256(as_bytes("a\n"))}, id);
    rows.commit();
  }
  throw_away(world.store, layout::tree(id));
  SUBCASE("at rest") {
    CHECK(collect_all(world.store).deleted_blobs == 2);
    CHECK(world.objects() == 0);
  }
  SUBCASE("not while the rows of the tree are being written") {
    const FileLock maker = lock_tree(world.store, id);
    CHECK(collect_all(world.store).deleted_blobs == 1);  // the one that no row connects with the tree
    CHECK(is_there(world.store, object_of("b\n")));
  }
}

TEST_CASE("a collection that died between the last row and its files does not pass for a lost index") {
  World world;
  const SnapshotId id = world.place_one("a");
  const TreeId tree = trees_of_record(world.store.index().read().snapshot(id)->record).front();
  CHECK(collect_all(world.store).deleted_trees == 1);
  make_directories(world.store.root(), layout::tree(tree) + "/site", 0755);
  collect_all(world.store);
  CHECK(world.entries(layout::kTrees) == 0);
}

TEST_CASE("trees beside an index without rows are no garbage: it was lost") {
  World world;
  world.place_one("a");
  world.store.index().start_anew();
  CHECK_THROWS_AS(collect_all(world.store), Error);
  CHECK(world.entries(layout::kTrees) == 1);
  CHECK(world.objects() == 1);
}

TEST_CASE("what is left over goes") {
  World world;
  Store& store = world.store;
  const SnapshotId stays = world.place_one("a");  // trees without any row would be a lost index
  const std::string nobody(32, 'a');
  make_directories(store.root(), layout::scratch(nobody) + "/bin", 0755);
  make_directories(store.root(), layout::tmp(nobody) + "/half", 0700);
  make_directories(store.root(), "trash/gc-left/deep", 0700);
  make_directories(store.root(), layout::tree(a_tree("orphan")) + "/site", 0755);
  make_directories(store.root(), layout::snapshot(a_snapshot("orphan"), Layout::farm) + "/lib", 0755);
  make_directories(store.root(), layout::bytecode(a_tree("gone")) + "/0", 0755);
  create_file(store.root(), layout::snapshot_record(a_snapshot("orphan")), "{}", 0444);
  make_directories(store.root(), "objects/ab", 0755);
  create_file(store.root(), "objects/ab/" + std::string(62, 'c'), "orphan", 0444);
  create_file(store.root(), "leases/0123456789abcdef0123456789abcdef", "", 0600);
  SUBCASE("when it is old enough") {
    const auto lease = world.run(stays);
    const GcReport report = collect_all(store);
    CHECK(report.failures.empty());
    CHECK(report.removed_leases == 1);
    CHECK(report.removed_leftovers == 8);
    CHECK(world.entries(layout::kScratch) + world.entries(layout::kTmp) + world.entries(layout::kTrash) == 0);
    CHECK(world.entries(layout::kTrees) == 1);
    CHECK(world.entries(layout::kSnapshots) == 2);
    CHECK(world.entries(layout::kBytecode) == 1);
    CHECK(world.objects() == 1);
  }
  SUBCASE("but not what an ingest may just have made") {
    GcOptions options;  // the grace time is an hour
    options.policy.max_size = SizeLimit{.bytes = 1};
    collect(store, options);
    CHECK(world.entries(layout::kTrees) == 2);
    CHECK(world.entries(layout::kSnapshots) == 4);
    CHECK(world.objects() == 2);
  }
}

TEST_CASE("the half-made work of an ingest that goes on is left alone") {
  World world;
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
  CHECK(read_file(store.root(), layout::tree(id) + "/site/new.py") == "new\n");
}

TEST_CASE("an object whose row went while it was taken is brought back by the ingest") {
  World world;
  Store& store = world.store;
  const SnapshotId old = world.place_one("a");
  Lease ingest = TreeWorld::lease(store);
  TreeBuilder builder(store, ingest);
  builder.add("site/again.py", Executable::no, as_bytes("name = 'a'\n"));
  CHECK(collect_all(store).deleted_snapshots == 1);
  CHECK(!world.has_row(old));
  builder.commit(TreeWorld::info("again"));
  CHECK(is_there(store, object_of("name = 'a'\n")));
  CHECK(store.index().read().blob(BlobId{sha256(as_bytes("name = 'a'\n"))}));
}

TEST_CASE(
    "rows that nothing needs go: answers, memos and wheels of what is absent, old pages, interpreters") {
  World world;
  const SnapshotId stays = world.place_one("a");
  const auto lease = world.run(stays);
  const std::int64_t now = world.store.clock().now().time_since_epoch().count();
  {
    Index::Write rows = world.store.index().write();
    rows.put_request(a_key("stale"), {.canonical = "stale", .snapshot = a_snapshot("gone"), .label = {}});
    rows.put_memo(a_key("stale"),
                  {.key_text = "stale", .watched = {}, .snapshots = {stays, a_snapshot("gone")}, .plan = {}});
    rows.put_memo(a_key("good"), {.key_text = "good", .watched = {}, .snapshots = {stays}, .plan = {}});
    rows.put(an_id<WheelHash>("stale"), WheelRow{a_tree("gone")});
    rows.put_document("old", {.etag = {}, .fetched_at_ns = 1, .body = "x"});
    rows.put_document("new", {.etag = {}, .fetched_at_ns = now, .body = "x"});
    rows.put_interpreter("/nowhere/python\n/nowhere/pyvenv.cfg\n1", {.stamp = {}, .facts = "x"});
    rows.put_interpreter("/bin/sh", {.stamp = {}, .facts = "x"});
    rows.commit();
  }
  CHECK(collect_all(world.store).removed_leftovers == 5);
  Index::Read rows = world.store.index().read();
  CHECK(!rows.request(a_key("stale")));
  CHECK(!rows.memo(a_key("stale")));
  CHECK(rows.memo(a_key("good")));
  CHECK(!rows.wheel(an_id<WheelHash>("stale")));
  CHECK(!rows.document("old"));
  CHECK(rows.document("new"));
  CHECK(!rows.interpreter("/nowhere/python\n/nowhere/pyvenv.cfg\n1"));
  CHECK(rows.interpreter("/bin/sh"));
}

TEST_CASE("what another boot left unpromoted gets its rows, and is no garbage") {
  World world;
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

TEST_CASE("of two collections one works; the other one says so, or gives up after its time") {
  World world;
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
  World world;
  const SnapshotId id = world.place_one("a");
  GcOptions options;
  options.policy = everything();
  options.dry_run = DryRun::yes;
  CHECK(collect(world.store, options).plan.going.size() == 1);
  CHECK(world.has_row(id));
  CHECK(!world.store.index().read().fate(id));
}

TEST_CASE("what cannot be removed is told and stays half deleted; the rest goes, and the next one ends it") {
  if (geteuid() != 0) return;  // needs somebody to become
  World world;
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
    if (is_there(store, layout::snapshot(a, Layout::farm))) throw std::runtime_error("still there");
  });
  CHECK(nobody.wait() == 0);
}

TEST_CASE("ingests and runs go on while collections take all that nobody holds") {
  World world;
  world.folder.close();
  std::vector<Child> makers = children(3, [&](int number) {
    Store store = world.folder.open();
    for (int i = 0; i < 25; ++i) {
      Lease ingest = TreeWorld::lease(store);
      std::map<std::string, TreeId> trees;
      SnapshotRecord record;
      for (int attempt = 0;; ++attempt) {
        for (const std::string& name : {std::string("common"), "tree" + std::to_string((number + i) % 4)})
          trees[name] = TreeWorld::add_tree(store, ingest, name,
                                            {{"site/" + name + ".py", name}, {"site/same.py", "the same\n"}});
        record = TreeWorld::record(trees);
        try {
          place_snapshot(store, ingest, record, Layout::forest, std::nullopt);
          break;
        } catch (const Error&) {
          if (attempt > 4) throw;  // a tree was taken meanwhile: as Provisioner does
        }
      }
      const auto run = Lease::acquire(store, LeaseKind::run, {record.id()}, "run");
      if (!run) throw std::runtime_error("what an ingest holds was refused");
      for (const auto& [name, id] : trees)
        if (read_file(store.root(), layout::tree(id) + "/site/" + name + ".py") != name ||
            read_file(store.root(), layout::snapshot(record.id(), Layout::forest) +
                                        "/lib/python3.11/site-packages/" + name + ".py") != name ||
            !is_there(store, object_of(name)) || !store.index().read().blob(BlobId{sha256(as_bytes(name))}))
          throw std::runtime_error("a file that is in use is gone");
    }
  });
  Child collector([&] {
    Store store = world.folder.open();
    for (int i = 0; i < 60; ++i)
      if (const GcReport report = collect_all(store); !report.failures.empty())
        throw std::runtime_error(report.failures.front());
  });
  for (Child& maker : makers) CHECK(maker.wait() == 0);
  CHECK(collector.wait() == 0);
  Store& store = world.folder.store();
  collect_all(store);
  CHECK(list_directory(store.root(), layout::kTrees).empty());
  CHECK(list_directory(store.root(), layout::kSnapshots).empty());
}

TEST_CASE("a collection is due when the store has outgrown its cap or the disk is full, and not before") {
  World world;
  Policy policy;
  CHECK(!is_collection_due(world.store, policy));
  world.folder.add_tree("a", {{"site/a.py", std::string(10'000, 'x')}});
  policy.max_size = SizeLimit{.bytes = 9'000};
  CHECK(is_collection_due(world.store, policy));
  note_size(world.store, 5'000, false);  // as if half of it were shared
  CHECK(!is_collection_due(world.store, policy));
  world.folder.add_tree("b", {{"site/b.py", std::string(5'000, 'y')}});
  CHECK(is_collection_due(world.store, policy));
  note_size(world.store, 15'000, true);  // it could not be met: the next one could not either
  CHECK(!is_collection_due(world.store, policy));
  policy.max_size.reset();
  note_size(world.store, 15'000, false);
  policy.min_free = SizeLimit{.bytes = std::uint64_t{1} << 60};
  CHECK(is_collection_due(world.store, policy));
}
