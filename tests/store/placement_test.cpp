#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>

#include "store/bytecode.h"
#include "store/placement_build.h"
#include "store/placement_names.h"
#include "store/placement_plan.h"
#include "store/platform/error.h"
#include "store/platform/lock.h"
#include "store/snapshot_file.h"
#include "store/tree_rows.h"
#include "tests/store/processes.h"
#include "tests/store/tree_world.h"

using namespace envstore;
using envstore::testing::Files;
using envstore::testing::TreeWorld;

namespace {

const std::string kSite = "lib/python3.11/site-packages";

/// Trees that exist as values only.
class Plans {
 public:
  Plans& tree(const std::string& name, const Files& files, bool is_forest = false) {
    std::vector<TreeEntry> entries;
    for (const auto& [path, content] : files)
      entries.push_back({path, Executable::no, BlobId{sha256(as_bytes(content))}, content.size()});
    manifests_.push_back(std::make_shared<TreeManifest>(std::move(entries)));
    LayoutTree tree;
    tree.id = manifests_.back()->id();
    tree.name = name;
    tree.is_forest = is_forest;
    TreeInfo info;
    for (const TreeEntry& entry : manifests_.back()->entries()) {
      if (!entry.path.starts_with("site/")) {
        tree.has_only_site = false;
        continue;
      }
      const std::string top = top_of(entry.path.substr(5));
      if (std::find(tree.top_level.begin(), tree.top_level.end(), top) == tree.top_level.end())
        tree.top_level.push_back(top);
      tree.has_pth = tree.has_pth || (entry.path.ends_with(".pth") && is_directly_in(entry.path, "site"));
    }
    tree.manifest = [manifest = manifests_.back(), this]() -> const TreeManifest& {
      ++manifests_read;
      return *manifest;
    };
    trees_.push_back(tree);
    record_.trees.push_back({tree.id, name, "1.0"});
    return *this;
  }
  LayoutPlan plan(Layout layout) const { return plan_layout(record_, trees_, layout); }
  SnapshotRecord& record() { return record_; }
  const TreeId& id(std::size_t tree) const { return trees_[tree].id; }
  mutable int manifests_read = 0;

 private:
  std::vector<std::shared_ptr<TreeManifest>> manifests_;
  std::vector<LayoutTree> trees_;
  SnapshotRecord record_ = TreeWorld::record({});
};

std::vector<std::string> paths(const std::vector<LayoutPlan::FromTree>& files) {
  std::vector<std::string> result;
  for (const auto& file : files) result.push_back(file.path);
  return result;
}

using Paths = std::vector<std::string>;

std::string slot(const LayoutPlan& plan, const std::string& directory) {
  for (const auto& cache : plan.caches)
    if (cache.directory == directory) return cache.slot;
  return "none";
}

bool holds(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

TEST_CASE("a farm links what stands at the top of each tree, and reads no manifest for it") {
  Plans plans;
  plans.tree("a", {{"site/a/__init__.py", ""}, {"site/a/b/c.py", "C"}, {"site/a-1.0.dist-info/RECORD", "r"}})
      .tree("six", {{"site/six.py", "S"}});
  const LayoutPlan plan = plans.plan(Layout::farm);
  CHECK(paths(plan.links) == Paths{kSite + "/a", kSite + "/a-1.0.dist-info", kSite + "/six.py"});
  CHECK(plan.hard_links.empty());
  CHECK(plan.directories == Paths{"bin", "lib", "lib/python3.11", kSite});
  CHECK(plan.clashes.empty());
  CHECK(plans.manifests_read == 0);
}

TEST_CASE("a forest has real directories everywhere and links every file with content") {
  Plans plans;
  plans.tree("a", {{"site/a/__init__.py", ""}, {"site/a/b/c.py", "C"}});
  const LayoutPlan plan = plans.plan(Layout::forest);
  CHECK(plan.links.empty());
  CHECK(paths(plan.hard_links) == Paths{kSite + "/a/b/c.py"});
  CHECK(paths(plan.empty_files) == Paths{kSite + "/a/__init__.py"});
  CHECK(holds(plan.directories, kSite + "/a/b"));
}

TEST_CASE("a tree with a reason goes into a farm as a forest, its neighbours do not") {
  Plans plans;
  plans.tree("torch", {{"site/torch/lib.so", "L"}}, true).tree("a", {{"site/a/b.py", "B"}});
  const LayoutPlan plan = plans.plan(Layout::farm);
  CHECK(paths(plan.links) == Paths{kSite + "/a"});
  CHECK(paths(plan.hard_links) == Paths{kSite + "/torch/lib.so"});
}

TEST_CASE("trees that share a directory are merged as forests, whole, and clash over nothing") {
  Plans plans;
  plans.tree("n-one", {{"site/n/one/x.py", "1"}, {"site/n_one.dist-info/RECORD", "r"}})
      .tree("n-two", {{"site/n/two/y.py", "2"}})
      .tree("other", {{"site/other/z.py", "3"}});
  const LayoutPlan plan = plans.plan(Layout::farm);
  CHECK(paths(plan.links) == Paths{kSite + "/other"});
  CHECK(paths(plan.hard_links) ==
        Paths{kSite + "/n/one/x.py", kSite + "/n/two/y.py", kSite + "/n_one.dist-info/RECORD"});
  CHECK(plan.clashes.empty());
}

TEST_CASE("of two files in one place the first is kept and the clash told, unless they are equal") {
  for (const Layout layout : {Layout::farm, Layout::forest}) {
    Plans plans;
    plans
        .tree("first",
              {{"site/conf.py", "1"}, {"site/same.py", "="}, {"bin/tool", "1"}, {"site/p/x.py", "1"}})
        .tree("second",
              {{"site/conf.py", "2"}, {"site/same.py", "="}, {"bin/tool", "2"}, {"site/p/x.py", "2"}});
    const LayoutPlan plan = plans.plan(layout);
    Paths clashes;
    for (const Clash& clash : plan.clashes) {
      clashes.push_back(clash.path);
      CHECK(clash.kept == "first");
      CHECK(clash.dropped == "second");
    }
    std::sort(clashes.begin(), clashes.end());
    CHECK(clashes == Paths{"bin/tool", kSite + "/conf.py", kSite + "/p/x.py"});
    for (const auto& file : plan.hard_links) CHECK(file.tree == 0);
  }
}

TEST_CASE("a file against a directory is a clash, told once, whichever comes first") {
  for (const Layout layout : {Layout::farm, Layout::forest}) {
    Plans file_first;
    file_first.tree("file", {{"site/x", "1"}})
        .tree("directory", {{"site/x/a.py", "2"}, {"site/x/b.py", "3"}});
    CHECK(file_first.plan(layout).clashes.size() == 1);
    Plans directory_first;
    directory_first.tree("directory", {{"site/x/a.py", "2"}, {"site/x/b.py", "3"}})
        .tree("file", {{"site/x", "1"}});
    const LayoutPlan plan = directory_first.plan(layout);
    REQUIRE(plan.clashes.size() == 1);
    CHECK(plan.clashes[0].kept == "directory");
  }
}

TEST_CASE("data goes to the prefix: etc as copies, the rest as links, its bin among the scripts") {
  for (const Layout layout : {Layout::farm, Layout::forest}) {
    Plans plans;
    plans.tree("a", {{"data/share/a/kernel.json", "k"},
                     {"data/etc/a.conf", "c"},
                     {"data/bin/a", "b"},
                     {"data/lib/liba.so", "l"},
                     {"bin/b", "s"},
                     {"include/a/a.h", "h"},
                     {"site/a/x.py", "x"}});
    const LayoutPlan plan = plans.plan(layout);
    CHECK(paths(plan.copies) == Paths{"etc/a.conf"});
    const Paths linked = paths(plan.hard_links);
    for (const std::string path : {"share/a/kernel.json", "bin/a", "bin/b", "lib/liba.so", "include/a/a.h"})
      CHECK_MESSAGE(holds(linked, path), path);
    CHECK(plan.scripts == Paths{"a", "b"});
    CHECK(plan.prefix_entries == Paths{"etc", "include", "share"});
  }
}

TEST_CASE("a file of the record's own at the prefix is kept against any tree's") {
  Plans plans;
  plans.tree("rogue", {{"data/pyvenv.cfg", "home = /elsewhere"}});
  const LayoutPlan plan = plans.plan(Layout::farm);
  CHECK(plan.hard_links.empty());
  REQUIRE(plan.clashes.size() == 1);
  CHECK(plan.clashes[0].kept == "envstore");
  CHECK(plan.files == plans.record().prefix_files);
}

TEST_CASE("modules that come as data meet those of site-packages file by file") {
  Plans plans;
  plans.tree("old", {{"data/" + kSite + "/p/old.py", "1"}}).tree("new", {{"site/p/new.py", "2"}});
  const LayoutPlan plan = plans.plan(Layout::farm);
  CHECK(plan.links.empty());
  CHECK(paths(plan.hard_links) == Paths{kSite + "/p/new.py", kSite + "/p/old.py"});
  CHECK(plan.clashes.empty());
  CHECK(slot(plan, kSite + "/p").starts_with("bytecode/" + plans.record().id().hex() + "/"));
}

TEST_CASE("bytecode of a directory lies with its tree, of one where trees meet with the snapshot") {
  Plans plans;
  plans.tree("one", {{"site/n/a.py", "1"}, {"site/n/one/b.py", "2"}, {"site/top.py", "t"}})
      .tree("two", {{"site/n/c.py", "3"}, {"site/n/data/d.txt", "4"}});
  const std::string tree = "bytecode/" + plans.id(0).hex() + "/";
  const std::string own = "bytecode/" + plans.record().id().hex() + "/";
  for (const Layout layout : {Layout::farm, Layout::forest}) {
    const LayoutPlan plan = plans.plan(layout);
    CHECK(slot(plan, kSite) == tree + "0");
    CHECK(slot(plan, kSite + "/n").starts_with(own));
    CHECK(slot(plan, kSite + "/n/one") == tree + "2");
    CHECK(slot(plan, kSite + "/n/data") == "none");
    CHECK(plan.snapshot_slots.size() == 1);
  }
  CHECK(slot(plans.plan(Layout::farm), kSite + "/n") == slot(plans.plan(Layout::forest), kSite + "/n"));
}

TEST_CASE("a .pth file counts only where Python reads it") {
  Plans plans;
  plans.tree("a", {{"site/a/not.pth", "x"}});
  CHECK(!plans.plan(Layout::farm).has_pth);
  plans.tree("b", {{"site/b.pth", "x"}});
  CHECK(plans.plan(Layout::farm).has_pth);
  CHECK(plans.plan(Layout::forest).has_pth);
}

TEST_CASE("a record whose paths leave the prefix is refused") {
  Plans plans;
  plans.record().site_path = "../lib";
  CHECK_THROWS_AS(plans.plan(Layout::farm), Error);
  plans.record().site_path = kSite;
  plans.record().prefix_files = {{"../x", ""}};
  CHECK_THROWS_AS(plans.plan(Layout::farm), Error);
}

TEST_CASE("a snapshot's record comes back, and its id covers all of it") {
  SnapshotRecord record = TreeWorld::record({{"a", TreeId{sha256(as_bytes("a"))}}});
  record.forced_forest = {"a"};
  CHECK(SnapshotRecord::parse(record.canonical()).canonical() == record.canonical());
  const SnapshotId id = record.id();
  const auto differs = [&](auto change) {
    SnapshotRecord other = record;
    change(other);
    return other.id() != id;
  };
  CHECK(differs([](SnapshotRecord& r) { r.interpreter += "x"; }));
  CHECK(differs([](SnapshotRecord& r) { r.site_path += "x"; }));
  CHECK(differs([](SnapshotRecord& r) { r.cache_tag += "x"; }));
  CHECK(differs([](SnapshotRecord& r) { r.prefix_files.clear(); }));
  CHECK(differs([](SnapshotRecord& r) { r.trees[0].version = "2"; }));
  CHECK(differs([](SnapshotRecord& r) { r.forced_forest.clear(); }));
  const std::string text = record.canonical();
  for (std::size_t size = 0; size < text.size(); ++size)
    CHECK_THROWS_AS(SnapshotRecord::parse(text.substr(0, size)), Error);
  CHECK_THROWS_AS(SnapshotRecord::parse("{}"), Error);
}

namespace {

Files one_package(const std::string& name) {
  return {{"site/" + name + "/__init__.py", ""},
          {"site/" + name + "/core.py", "name = '" + name + "'\n"},
          {"site/" + name + "-1.0.dist-info/RECORD", name}};
}

RequestRow request(const std::string& canonical) {
  return {canonical, {}, "label of " + canonical, 7};
}

/// Content of every file under the folders that must never change, links by target.
std::map<std::string, std::string> content_of(Store& store) {
  std::map<std::string, std::string> found;
  std::vector<std::string> pending{layout::kObjects, layout::kTrees, layout::kSnapshots};
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

  const std::string prefix = layout::snapshot(record.id(), Layout::farm);
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
  CHECK(list_directory(store.root(), layout::tmp(lease.name())).empty());
}

TEST_CASE("links that share nothing are links in the farm, with sixty-five of them") {
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
  const std::string site = layout::snapshot(record.id(), Layout::farm) + "/" + kSite;
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

TEST_CASE("placing writes the rows, leases the snapshot, and says on disk what it is") {
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

TEST_CASE("a snapshot that a living collector deletes is placed anew when it has gone") {
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
    throw_away(own, layout::snapshot(record.id(), Layout::farm));
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

TEST_CASE("a layout without a row, left by a crash, is made anew") {
  TreeWorld world;
  Store& store = world.store();
  const SnapshotRecord record = TreeWorld::record({{"a", world.add_tree("a", one_package("a"))}});
  const std::string prefix = layout::snapshot(record.id(), Layout::farm);
  make_directories(store.root(), prefix + "/lib", 0755);
  REQUIRE(fchmodat(store.root(), prefix.c_str(), 0555, 0) == 0);
  Lease lease = TreeWorld::lease(store);
  place_snapshot(store, lease, record, Layout::farm, std::nullopt);
  CHECK(read_file(store.root(), prefix + "/" + kSite + "/a/core.py") == "name = 'a'\n");
  CHECK(list_directory(store.root(), layout::kTrash).empty());
}

TEST_CASE("a tree without a row or without its folder cannot be laid out") {
  TreeWorld world;
  Store& store = world.store();
  Lease lease = TreeWorld::lease(store);
  const SnapshotRecord unknown = TreeWorld::record({{"a", TreeId{}}});
  CHECK_THROWS_AS(place_snapshot(store, lease, unknown, Layout::farm, std::nullopt), Error);
  const TreeId a = world.add_tree("a", one_package("a"));
  remove_tree(store.root(), layout::tree(a));
  CHECK_THROWS_AS(place_snapshot(store, lease, TreeWorld::record({{"a", a}}), Layout::farm, std::nullopt),
                  Error);
}

TEST_CASE("whatever differs between a layout and its plan is found") {
  TreeWorld world;
  Store& store = world.store();
  const SnapshotRecord record = TreeWorld::record({{"a", world.add_tree("a", one_package("a"))},
                                                   {"b", world.add_tree("b", one_package("b"), "a reason")}});
  Lease lease = TreeWorld::lease(store);
  for (const Layout layout : {Layout::farm, Layout::forest}) {
    place_snapshot(store, lease, record, layout, std::nullopt);
    const std::string prefix = layout::snapshot(record.id(), layout);
    const auto trees = layout_trees(store, record);
    const LayoutPlan plan = plan_layout(record, trees, layout);
    CHECK(differences(store, plan, trees, prefix).empty());
    const std::string package = prefix + "/" + kSite + "/b";
    REQUIRE(fchmodat(store.root(), package.c_str(), 0755, 0) == 0);
    create_file(store.root(), package + "/foreign.py", "x", 0644);
    CHECK(differences(store, plan, trees, prefix) == Paths{kSite + "/b/foreign.py"});
    unlink_if_there(store.root(), package + "/foreign.py");
    unlink_if_there(store.root(), package + "/core.py");
    CHECK(differences(store, plan, trees, prefix) == Paths{kSite + "/b/core.py"});
    create_file(store.root(), package + "/core.py", "poison", 0444);
    CHECK(differences(store, plan, trees, prefix) == Paths{kSite + "/b/core.py"});
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
  for (const auto& [path, content] : before) {
    REQUIRE_MESSAGE(after.contains(path), path);
    CHECK_MESSAGE(after.at(path) == content, path);
  }
}

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
  CHECK(holds({jobs[0].file_name, jobs[1].file_name}, "core.cpython-311.pyc"));
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
