#include "store/snapshots/placement_plan.h"

#include <doctest/doctest.h>
#include <algorithm>

#include "store/platform/error.h"
#include "store/snapshots/placement_names.h"
#include "tests/store/tree_world.h"

using namespace envstore;
using envstore::testing::Files;
using envstore::testing::kSite;
using envstore::testing::TreeWorld;

namespace {

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

TEST_CASE("trees that share a directory are merged as whole forests, without a clash") {
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

TEST_CASE("of two files with one path the first is kept and the clash is reported, unless they are equal") {
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

TEST_CASE("a file against a directory is one clash, whichever comes first") {
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
