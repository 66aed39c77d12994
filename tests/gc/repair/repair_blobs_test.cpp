#include <doctest/doctest.h>

#include "tests/gc/repair_world.h"

using namespace envstore;
using envstore::testing::blob_of;
using envstore::testing::FakeSource;
using envstore::testing::RepairWorld;
using Texts = std::vector<std::string>;

namespace {

struct World : RepairWorld {
  /// Where the bytes came from; nullopt with the reason in `why_not`.
  std::optional<std::string> repaired() {
    const auto now = verification();
    return BlobRepair(*now, bench, source).repair(blob_of(kDemo), why_not);
  }
  bool is_right() {
    const auto row = store().index().read().blob(blob_of(kDemo));
    const FileStamp there = stamp(object);
    return content(object) == kDemo && row && row->inode == there.inode && row->mtime_ns == there.mtime_ns &&
           row->mode == there.mode;
  }

  FakeSource source;
  std::string why_not;
  const std::string object = object_of(kDemo), site = at(demo, "site/demo/__init__.py");
};

}  // namespace

TEST_CASE("an object is linked again from an intact copy, and its row has the stamps of that file") {
  World world;
  world.put_new_file(world.object, "evil");
  SUBCASE("of a tree") {
    CHECK(world.repaired() == world.site);
    CHECK(world.stamp(world.object).inode == world.stamp(world.site).inode);
  }
  SUBCASE("of a layout, if the tree's file is damaged, too") {
    world.put_new_file(world.site, "evil");
    CHECK(world.repaired().value_or("").starts_with(std::string(store_paths::kSnapshots) + "/"));
  }
  SUBCASE("with another mode, which cannot share the inode") {
    REQUIRE(fchmodat(world.store().root(), world.site.c_str(), 0644, 0) == 0);
    CHECK(world.repaired() == world.site);
    CHECK(world.stamp(world.object).inode != world.stamp(world.site).inode);
    CHECK(world.mode(world.object) == 0444);
  }
  CHECK(world.is_right());
  CHECK(world.source.asked.empty());
}

TEST_CASE("an object with the right bytes keeps them, and gets a right mode and a row") {
  World world;
  SUBCASE("its row is missing") {
    Index::Write write = world.store().index().write();
    write.erase(blob_of(World::kDemo));
    write.commit();
    CHECK(world.repaired() == "it was right itself");
  }
  SUBCASE("its mode is wrong") {
    world.put_new_file(world.object, World::kDemo, 0644);
    CHECK(world.repaired() == "its own bytes");
  }
  CHECK(world.mode(world.object) == 0444);
  CHECK(world.is_right());
}

TEST_CASE("without an intact copy the bytes come from the source, for the file of the tree") {
  World world;
  world.write_into(world.object, "evil = 1\n");
  world.source.files["site/demo/__init__.py"] = World::kDemo;
  CHECK(world.repaired() == "demo-1.0-py3-none-any.whl (local)");
  CHECK(world.source.asked == Texts{"demo site/demo/__init__.py"});
  CHECK(world.is_right());
  CHECK(world.quarantined() == Texts{"evil = 1\n"});
}

TEST_CASE("a blob that cannot be had stays as it is, and the reason is given") {
  World world;
  world.write_into(world.object, "evil = 1\n");
  const char* reason = "";
  SUBCASE("the source has nothing") {
    reason = "no intact copy in the store; it is not to be had";
  }
  SUBCASE("the source has other bytes") {
    world.source.files["site/demo/__init__.py"] = "evil = 2\n";
    reason = "no intact copy in the store; what demo-1.0-py3-none-any.whl has there now is another file";
  }
  SUBCASE("no tree has the blob") {
    Index::Write write = world.store().index().write();
    write.unlink_blob_from_tree(blob_of(World::kDemo), world.demo);
    write.commit();
    reason = "no intact copy in the store, and no tree that names its wheel";
  }
  CHECK_FALSE(world.repaired());
  CHECK(world.why_not == reason);
  CHECK(world.content(world.object) == "evil = 1\n");
  CHECK(world.quarantined().empty());
}
