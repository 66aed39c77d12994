#include <doctest/doctest.h>

#include "tests/gc/repair_world.h"

using namespace envstore;
using envstore::testing::RepairWorld;

TEST_CASE("the files of an intact tree give its manifest, without reading the one on disk") {
  RepairWorld world;
  const TreeManifest manifest = TreeManifest::load(world.store(), world.demo);
  world.put_new_file(world.at(world.demo, "manifest"), "nonsense");
  const auto recovered = recover_manifest(world.store(), world.demo);
  REQUIRE(recovered);
  CHECK(recovered->compressed() == manifest.compressed());
}

TEST_CASE("files that differ from the tree's id give no manifest") {
  RepairWorld world;
  SUBCASE("other bytes") {
    world.put_new_file(world.at(world.demo, "site/demo/data.bin"), "evil");
  }
  SUBCASE("another mode") {
    world.behind_the_back(world.at(world.demo, "site/demo/data.bin"),
                          [](const std::string& full) { ::chmod(full.c_str(), 0555); });
  }
  SUBCASE("one file more") {
    world.put_new_file(world.at(world.demo, "site/demo/evil.py"), "evil");
  }
  SUBCASE("one file less") {
    world.remove(world.at(world.demo, "site/demo/empty.txt"));
  }
  SUBCASE("no tree at all") {
    remove_tree(world.store().root(), store_paths::tree(world.demo));
  }
  CHECK_FALSE(recover_manifest(world.store(), world.demo));
}
