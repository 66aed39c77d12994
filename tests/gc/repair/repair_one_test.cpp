#include <doctest/doctest.h>

#include "tests/gc/repair_world.h"

using namespace envstore;
using envstore::testing::RepairWorld;
using Texts = std::vector<std::string>;

namespace {

struct World : RepairWorld {
  void repair_demo() {
    const auto now = verification();
    repair_tree(*now, bench, demo);
  }
  void repair_snapshot() {
    const auto now = verification();
    repair_layouts(*now, bench, snapshot);
  }
  const std::string file = at(demo, "site/demo/data.bin"), object = object_of(std::string(5000, 'd'));
};

}  // namespace

TEST_CASE("a tree's files are links to their objects again, and what replaced them is kept") {
  World world;
  world.put_new_file(world.file, "evil");
  world.remove(world.at(world.demo, "site/shared/one.py"));
  world.repair_demo();
  CHECK(world.stamp(world.file).inode == world.stamp(world.object).inode);
  CHECK(world.content(world.at(world.demo, "site/shared/one.py")) == "ONE = 1\n");
  CHECK(world.quarantined() == Texts{"evil"});
}

TEST_CASE("a tree's file is not linked to an object that is damaged itself") {
  World world;
  world.put_new_file(world.object, "evil");
  world.put_new_file(world.file, "evil, too");
  world.repair_demo();
  CHECK(world.content(world.file) == "evil, too");
}

TEST_CASE("a directory of a tree is made again with its files and links, sealed") {
  World world;
  const std::string folder = world.at(world.demo, "site/demo");
  world.behind_the_back(folder, [](const std::string& full) { remove_tree(AT_FDCWD, full); });
  world.repair_demo();
  CHECK(world.mode(folder) == 0555);
  CHECK(world.stamp(world.file).inode == world.stamp(world.object).inode);
  CHECK(world.stamp(folder + "/" + store_paths::kSlotLink).is_symlink());
  CHECK(world.content(folder + "/empty.txt").empty());
}

TEST_CASE("names that a tree does not have move to quarantine") {
  World world;
  world.put_new_file(world.at(world.demo, "site/demo/evil.py"), "evil");
  world.repair_demo();
  CHECK_FALSE(world.exists(world.at(world.demo, "site/demo/evil.py")));
  CHECK(world.quarantined() == Texts{"evil"});
}

TEST_CASE("a layout's file shares the inode of the tree's file again") {
  World world;
  world.put_new_file(world.in_forest("demo/data.bin"), "evil");
  world.repair_snapshot();
  CHECK(world.stamp(world.in_forest("demo/data.bin")).inode == world.stamp(world.file).inode);
  CHECK(world.quarantined() == Texts{"evil"});
}

TEST_CASE("a layout that is gone, or a file in its place, is made again whole") {
  World world;
  const std::string layout = store_paths::snapshot(world.snapshot, Layout::forest);
  remove_tree(world.store().root(), layout);
  Texts kept;
  SUBCASE("gone") {}
  SUBCASE("a file in its place") {
    create_file(world.store().root(), layout, "evil", 0444);
    kept = {"evil"};
  }
  world.repair_snapshot();
  CHECK(world.mode(layout) == 0555);
  CHECK(world.stamp(world.in_forest("demo/data.bin")).inode == world.stamp(world.file).inode);
  CHECK(world.quarantined() == kept);
}

TEST_CASE("a file below etc that programs may rewrite is made again only if it is missing") {
  World world;
  const std::string conf = store_paths::snapshot(world.snapshot, Layout::forest) + "/etc/demo.conf";
  world.write_into(conf, "a = 2\n");
  world.repair_snapshot();
  CHECK(world.content(conf) == "a = 2\n");
  world.remove(conf);
  world.repair_snapshot();
  CHECK(world.content(conf) == "a = 1\n");
  CHECK(world.mode(conf) == 0644);
}

TEST_CASE("a snapshot without a row has no layouts to repair") {
  World world;
  Index::Write write = world.store().index().write();
  write.erase(world.snapshot);
  write.commit();
  world.put_new_file(world.in_forest("demo/data.bin"), "evil");
  world.repair_snapshot();
  CHECK(world.content(world.in_forest("demo/data.bin")) == "evil");
}
