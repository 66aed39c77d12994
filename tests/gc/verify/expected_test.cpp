#include <doctest/doctest.h>

#include <algorithm>

#include "gc/verify/comparison.h"
#include "store/snapshots/placement_build.h"
#include "tests/gc/damage_world.h"

using namespace envstore;
using envstore::testing::DamageWorld;
using Kind = Expected::Kind;

namespace {

const Expected* find(const std::vector<Expected>& expected, const std::string& path) {
  const auto found = std::find_if(expected.begin(), expected.end(),
                                  [&](const Expected& entry) { return entry.path == path; });
  return found == expected.end() ? nullptr : &*found;
}

bool is_sorted(const std::vector<Expected>& expected) {
  return std::is_sorted(expected.begin(), expected.end(),
                        [](const Expected& a, const Expected& b) { return a.path < b.path; });
}

}  // namespace

TEST_CASE(
    "a tree has its entries, its manifest and description, and a link to a slot in each source directory") {
  DamageWorld world;
  const TreeManifest manifest = TreeManifest::load(world.store(), world.demo);
  const std::vector<Expected> expected = expected_of_tree(world.demo, manifest);
  CHECK(is_sorted(expected));
  CHECK(expected.size() == manifest.entries().size() + 2 + 2);
  for (const TreeEntry& entry : manifest.entries()) {
    const Expected* file = find(expected, entry.path);
    REQUIRE(file != nullptr);
    CHECK(file->kind == Kind::blob);
    CHECK(file->entry == &entry);
  }
  for (const char* own : {"manifest", "tree.json"}) CHECK(find(expected, own)->kind == Kind::any_file);
  for (const char* folder : {"site/demo", "site/shared"}) {
    const Expected* link = find(expected, std::string(folder) + "/__pycache__");
    REQUIRE(link != nullptr);
    CHECK(link->kind == Kind::link);
    CHECK(link->text == read_link(world.store().root(), world.at(world.demo, link->path)));
  }
}

TEST_CASE("a layout has the links, files and documents of its plan, each of the tree that it comes from") {
  DamageWorld world;
  const auto row = world.store().index().read().snapshot(world.snapshot);
  const SnapshotRecord record = SnapshotRecord::parse(row->record);
  const std::vector<LayoutTree> trees = layout_trees(world.store(), record);
  const LayoutPlan plan = plan_layout(record, trees, Layout::forest);
  const std::vector<Expected> expected = expected_of_layout(plan, trees);
  CHECK(is_sorted(expected));
  const std::string site = "lib/python3.11/site-packages/";
  const Expected* file = find(expected, site + "demo/data.bin");
  REQUIRE(file != nullptr);
  CHECK(file->kind == Kind::blob);
  CHECK(*file->tree == world.demo);
  CHECK(file->entry->path == "site/demo/data.bin");
  CHECK(find(expected, site + "demo/empty.txt")->kind == Kind::blob);
  CHECK(find(expected, "etc/demo.conf")->kind == Kind::any_file);
  CHECK(find(expected, "pyvenv.cfg")->text == "home = /usr/bin\n");
  for (const Expected& entry : expected)
    if (entry.kind == Kind::link)
      CHECK(entry.text ==
            read_link(world.store().root(),
                      store_paths::snapshot(world.snapshot, Layout::forest) + "/" + entry.path));
}
