#include <doctest/doctest.h>
#include <sys/stat.h>

#include "store/objects/tree_rows.h"
#include "store/platform/error.h"
#include "store/platform/lock.h"
#include "store/snapshots/placement_build.h"
#include "store/snapshots/placement_plan.h"
#include "store/snapshots/snapshot_file.h"
#include "tests/store/processes.h"
#include "tests/store/tree_world.h"

using namespace envstore;
using envstore::testing::Files;
using envstore::testing::kSite;
using envstore::testing::one_package;
using envstore::testing::TreeWorld;

namespace {

RequestRow request(const std::string& canonical) {
  return {canonical, {}, "label of " + canonical, 7};
}

/// Content of every file under the folders that must never change, links by target.
std::map<std::string, std::string> content_of(Store& store) {
  std::map<std::string, std::string> found;
  std::vector<std::string> pending{store_paths::kObjects, store_paths::kTrees, store_paths::kSnapshots};
  while (!pending.empty()) {
    const std::string directory = pending.back();
    pending.pop_back();
    for (const DirectoryEntry& entry : list_directory(store.root(), directory)) {
      const std::string path = directory + "/" + entry.name;
      const auto stamp = stat_at(store.root(), path, Links::do_not_follow);
      REQUIRE(stamp);
      if (stamp->is_directory()) pending.push_back(path);
      found[path] = stamp->is_directory() ? "directory"
                    : stamp->is_symlink() ? read_link(store.root(), path)
                                          : to_hex(sha256(as_bytes(read_file(store.root(), path))));
    }
  }
  return found;
}

}  // namespace

TEST_CASE("a placed farm shows every file of its trees, and its links are relative") {
  TreeWorld world;
  Store& store = world.store();
  Files many = one_package("a");
  for (int i = 0; i < 62; ++i) many["site/package" + std::to_string(i) + "/m.py"] = "m";
  many["site/n/one.py"] = "1";
  const TreeId a = world.add_tree("a", many);
  const TreeId b = world.add_tree("b", {{"site/n/two.py", "2"},
                                        {"+xbin/tool", "#!/bin/sh\n"},
                                        {"data/etc/b.conf", "c"},
                                        {"data/share/b", "s"}});
  const SnapshotRecord record = TreeWorld::record({{"a", a}, {"b", b}});
  Lease lease = TreeWorld::lease(store);
  const Placement placement = place_snapshot(store, lease, record, Layout::farm, request("r"));
  CHECK(placement.scripts == std::vector<std::string>{"tool"});
  CHECK(is_placed(store, record.id(), Layout::farm));
  CHECK(!is_placed(store, record.id(), Layout::forest));

  const std::string prefix = store_paths::snapshot(record.id(), Layout::farm);
  for (const auto& [path, content] : many)
    CHECK(read_file(store.root(), prefix + "/" + kSite + path.substr(4)) == content);
  CHECK(read_file(store.root(), prefix + "/" + kSite + "/n/two.py") == "2");
  const auto script = stat_at(store.root(), prefix + "/bin/tool", Links::do_not_follow);
  REQUIRE(script);
  CHECK(script->is_regular());
  CHECK((script->mode & 0777) == 0555);
  const auto conf = stat_at(store.root(), prefix + "/etc/b.conf", Links::do_not_follow);
  REQUIRE(conf);
  CHECK((conf->mode & 0777) == 0644);
  CHECK(conf->links == 1);
  CHECK((stat_at(store.root(), prefix + "/" + kSite, Links::do_not_follow)->mode & 0777) == 0555);
  CHECK((stat_at(store.root(), prefix, Links::do_not_follow)->mode & 0777) == 0555);
  CHECK(read_file(store.root(), prefix + "/pyvenv.cfg") == "home = /usr/bin\n");
  CHECK(list_directory(store.root(), store_paths::tmp(lease.name())).empty());
}

TEST_CASE("trees that share no directory are links in the farm, even sixty-five of them") {
  TreeWorld world;
  Store& store = world.store();
  std::map<std::string, TreeId> trees;
  Files first, second;
  for (int i = 0; i < 32; ++i) first["site/f" + std::to_string(i) + "/m.py"] = std::to_string(i);
  for (int i = 0; i < 33; ++i) second["site/s" + std::to_string(i) + "/m.py"] = std::to_string(i);
  trees["first"] = world.add_tree("first", first);
  trees["second"] = world.add_tree("second", second);
  trees["n-one"] = world.add_tree("n-one", {{"site/n/one.py", "1"}});
  trees["n-two"] = world.add_tree("n-two", {{"site/n/two.py", "2"}});
  const SnapshotRecord record = TreeWorld::record(trees);
  Lease lease = TreeWorld::lease(store);
  place_snapshot(store, lease, record, Layout::farm, std::nullopt);
  const std::string site = store_paths::snapshot(record.id(), Layout::farm) + "/" + kSite;
  std::size_t links = 0;
  for (const DirectoryEntry& entry : list_directory(store.root(), site)) {
    const auto stamp = stat_at(store.root(), site + "/" + entry.name, Links::do_not_follow);
    if (stamp->is_symlink()) {
      ++links;
      CHECK(read_link(store.root(), site + "/" + entry.name).starts_with("../"));
      CHECK(stat_at(store.root(), site + "/" + entry.name, Links::follow));
    }
  }
  CHECK(links == 65);
  CHECK(read_file(store.root(), site + "/n/one.py") == "1");
  CHECK(read_file(store.root(), site + "/n/two.py") == "2");
}

TEST_CASE("placing writes the rows, leases the snapshot, and writes its record to disk") {
  TreeWorld world;
  Store& store = world.store();
  const TreeId a = world.add_tree("a", one_package("a"));
  const SnapshotRecord record = TreeWorld::record({{"a", a}});
  Lease lease = TreeWorld::lease(store);
  place_snapshot(store, lease, record, Layout::farm, request("one"));
  place_snapshot(store, lease, record, Layout::forest, request("two"));
  place_snapshot(store, lease, record, Layout::forest, request("two"));
  Index::Read read = store.index().read();
  const auto row = read.snapshot(record.id());
  REQUIRE(row);
  CHECK(row->layouts == std::vector<Layout>{Layout::farm, Layout::forest});
  CHECK(row->record == record.canonical());
  CHECK(read.snapshots_of(a) == std::vector<SnapshotId>{record.id()});
  const auto answer = read.request(fingerprint(as_bytes("one")));
  REQUIRE(answer);
  CHECK(answer->snapshot == record.id());
  CHECK(read.lease(lease.name())->snapshots == std::vector<SnapshotId>{record.id()});
  const auto file = read_snapshot_file(store, record.id());
  REQUIRE(file);
  CHECK(file->record.canonical() == record.canonical());
  REQUIRE(file->requests.size() == 2);
  CHECK(file->requests[0].canonical == "one");
}

TEST_CASE("a snapshot that was condemned is taken back by placing it") {
  TreeWorld world;
  Store& store = world.store();
  const SnapshotRecord record = TreeWorld::record({{"a", world.add_tree("a", one_package("a"))}});
  Lease lease = TreeWorld::lease(store);
  place_snapshot(store, lease, record, Layout::farm, std::nullopt);
  for (const Fate fate : {Fate::condemned, Fate::deleting}) {
    {
      Index::Write write = store.index().write();
      write.put_fate(record.id(), {fate, 1, 1});
      write.commit();
    }
    place_snapshot(store, lease, record, Layout::farm, std::nullopt);
    CHECK(!store.index().read().fate(record.id()));
  }
}

TEST_CASE("a snapshot that a running collection deletes is placed again when it is gone") {
  TreeWorld world;
  Store& store = world.store();
  const SnapshotRecord record = TreeWorld::record({{"a", world.add_tree("a", one_package("a"))}});
  {
    Lease lease = TreeWorld::lease(store);
    place_snapshot(store, lease, record, Layout::farm, std::nullopt);
  }
  Pipe is_deleting;
  Child collector([&] {
    Store own = world.open();
    const FileLock lock = lock_snapshot(own, record.id());
    Index::Write mark = own.index().write();
    mark.put_fate(record.id(), {Fate::deleting, 1, 1});
    mark.commit();
    is_deleting.tell();
    throw_away(own, store_paths::snapshot(record.id(), Layout::farm));
    Index::Write drop = own.index().write();
    drop.erase(record.id());
    drop.erase_fate(record.id());
    drop.commit();
  });
  is_deleting.hear();
  Lease lease = TreeWorld::lease(store);
  place_snapshot(store, lease, record, Layout::farm, std::nullopt);
  CHECK(collector.wait() == 0);
  CHECK(is_placed(store, record.id(), Layout::farm));
  CHECK(store.index().read().snapshot(record.id()));
  CHECK(!store.index().read().fate(record.id()));
}

TEST_CASE("a layout without a row, left by a crash, is made again") {
  TreeWorld world;
  Store& store = world.store();
  const SnapshotRecord record = TreeWorld::record({{"a", world.add_tree("a", one_package("a"))}});
  const std::string prefix = store_paths::snapshot(record.id(), Layout::farm);
  make_directories(store.root(), prefix + "/lib", 0755);
  REQUIRE(fchmodat(store.root(), prefix.c_str(), 0555, 0) == 0);
  Lease lease = TreeWorld::lease(store);
  place_snapshot(store, lease, record, Layout::farm, std::nullopt);
  CHECK(read_file(store.root(), prefix + "/" + kSite + "/a/core.py") == "name = 'a'\n");
  CHECK(list_directory(store.root(), store_paths::kTrash).empty());
}

TEST_CASE("a tree without a row or without its folder cannot be laid out") {
  TreeWorld world;
  Store& store = world.store();
  Lease lease = TreeWorld::lease(store);
  const SnapshotRecord unknown = TreeWorld::record({{"a", TreeId{}}});
  CHECK_THROWS_AS(place_snapshot(store, lease, unknown, Layout::farm, std::nullopt), Error);
  const TreeId a = world.add_tree("a", one_package("a"));
  remove_tree(store.root(), store_paths::tree(a));
  CHECK_THROWS_AS(place_snapshot(store, lease, TreeWorld::record({{"a", a}}), Layout::farm, std::nullopt),
                  Error);
}

TEST_CASE(
    "an empty module of a forest has the time of the tree's: bytecode that root's Python writes fits both") {
  TreeWorld world;
  Store& store = world.store();
  const SnapshotRecord record = TreeWorld::record({{"a", world.add_tree("a", one_package("a"))}});
  const std::string original = store_paths::tree(record.trees.front().tree) + "/site/a/__init__.py";
  set_mtime(store.root(), original, 1'000'000'000'123'456'789);
  Lease lease = TreeWorld::lease(store);
  place_snapshot(store, lease, record, Layout::forest, std::nullopt);
  const auto copy = stat_at(
      store.root(), store_paths::snapshot(record.id(), Layout::forest) + "/" + kSite + "/a/__init__.py",
      Links::do_not_follow);
  REQUIRE(copy);
  CHECK(copy->size == 0);
  CHECK(copy->mtime_ns == 1'000'000'000'123'456'789);
}

TEST_CASE("whatever differs between a layout and its plan is found") {
  TreeWorld world;
  Store& store = world.store();
  const SnapshotRecord record = TreeWorld::record({{"a", world.add_tree("a", one_package("a"))},
                                                   {"b", world.add_tree("b", one_package("b"), "a reason")}});
  Lease lease = TreeWorld::lease(store);
  for (const Layout layout : {Layout::farm, Layout::forest}) {
    place_snapshot(store, lease, record, layout, std::nullopt);
    const std::string prefix = store_paths::snapshot(record.id(), layout);
    const auto trees = layout_trees(store, record);
    const LayoutPlan plan = plan_layout(record, trees, layout);
    CHECK(differences(store, plan, trees, prefix).empty());
    const std::string package = prefix + "/" + kSite + "/b";
    REQUIRE(fchmodat(store.root(), package.c_str(), 0755, 0) == 0);
    create_file(store.root(), package + "/foreign.py", "x", 0644);
    CHECK(differences(store, plan, trees, prefix) == std::vector<std::string>{kSite + "/b/foreign.py"});
    unlink_if_there(store.root(), package + "/foreign.py");
    unlink_if_there(store.root(), package + "/core.py");
    CHECK(differences(store, plan, trees, prefix) == std::vector<std::string>{kSite + "/b/core.py"});
    create_file(store.root(), package + "/core.py", "poison", 0444);
    CHECK(differences(store, plan, trees, prefix) == std::vector<std::string>{kSite + "/b/core.py"});
  }
}

TEST_CASE("placing one snapshot changes no byte of another, nor of trees and objects") {
  TreeWorld world;
  Store& store = world.store();
  const TreeId a = world.add_tree("a", one_package("a")), b = world.add_tree("b", one_package("b"));
  Lease lease = TreeWorld::lease(store);
  place_snapshot(store, lease, TreeWorld::record({{"a", a}}), Layout::farm, request("a"));
  place_snapshot(store, lease, TreeWorld::record({{"a", a}}), Layout::forest, std::nullopt);
  const auto before = content_of(store);
  place_snapshot(store, lease, TreeWorld::record({{"a", a}, {"b", b}}), Layout::farm, request("b"));
  place_snapshot(store, lease, TreeWorld::record({{"b", b}}), Layout::forest, request("c"));
  const auto after = content_of(store);
  for (const auto& file : before) {
    REQUIRE_MESSAGE(after.contains(file.first), file.first);
    CHECK_MESSAGE(after.at(file.first) == file.second, file.first);
  }
}
