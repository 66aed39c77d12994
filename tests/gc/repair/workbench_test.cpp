#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/gc/repair_world.h"

using namespace envstore;
using envstore::testing::RepairWorld;
using Texts = std::vector<std::string>;
using Keep = Workbench::Keep;

namespace {

struct World : RepairWorld {
  std::string made(const std::string& content) {
    std::string path = bench.new_path();
    create_file(store().root(), path, content, 0444);
    return path;
  }
  const std::string file = at(demo, "site/demo/data.bin");
};

}  // namespace

TEST_CASE("every new path is another one, below the tmp directory of the lease") {
  World world;
  const std::string one = world.bench.new_path(), two = world.bench.new_path();
  CHECK(one != two);
  CHECK(one.starts_with(std::string(store_paths::kTmp) + "/"));
  CHECK(world.exists(one.substr(0, one.rfind('/'))));
}

TEST_CASE("a new file takes the place of the old one, which is kept in quarantine or not") {
  World world;
  const std::string old = world.content(world.file);
  const std::string made = world.made("new");
  Texts kept;
  SUBCASE("kept") {
    world.bench.put_at(made, world.file, Keep::in_quarantine);
    kept = {old};
  }
  SUBCASE("not kept") {
    world.bench.put_at(made, world.file, Keep::no);
  }
  CHECK(world.content(world.file) == "new");
  CHECK(world.quarantined() == kept);
  CHECK_FALSE(world.exists(made));
}

TEST_CASE("a sealed directory is sealed again after a file in it was replaced") {
  World world;
  const std::string folder = world.at(world.demo, "site/demo");
  REQUIRE(world.mode(folder) == 0555);
  world.bench.put_at(world.made("new"), world.file, Keep::in_quarantine);
  CHECK(world.mode(folder) == 0555);
}

TEST_CASE("an inode with several names is kept once, with a mode that no inventory has") {
  World world;
  const std::string object = world.object_of(std::string(5000, 'd'));
  REQUIRE(world.stamp(object).inode == world.stamp(world.file).inode);
  for (const std::string& path : {object, world.file})
    world.bench.put_at(world.made("new"), path, Keep::in_quarantine);
  const auto kept = list_directory(world.store().root(), store_paths::kQuarantine);
  REQUIRE(kept.size() == 1);
  CHECK(world.mode(RepairWorld::join(store_paths::kQuarantine, kept[0].name)) == 0400);
}

TEST_CASE("a directory where a file should be moves to quarantine with all that is in it") {
  World world;
  world.behind_the_back(world.file, [](const std::string& full) {
    ::unlink(full.c_str());
    make_directories(AT_FDCWD, full + "/inner", 0755);
    REQUIRE(chmod(full.c_str(), 0555) == 0);
  });
  world.bench.put_at(world.made("new"), world.file, Keep::no);
  CHECK(world.content(world.file) == "new");
  CHECK(world.quarantined() == Texts{"directory"});
}

TEST_CASE("what is absent, or in a directory that is absent, needs no quarantine") {
  World world;
  world.bench.quarantine_path(world.at(world.demo, "site/demo/nothing"));
  world.bench.quarantine_path("nowhere/nothing");
  CHECK(world.quarantined().empty());
  world.bench.quarantine_path(world.file);
  CHECK(world.quarantined() == Texts{std::string(5000, 'd')});
  CHECK_FALSE(world.exists(world.file));
}

TEST_CASE("a directory made in a sealed one is sealed, also if it was there with another mode") {
  World world;
  const Fd site = open_directory(world.store().root(), world.at(world.demo, "site"));
  world.bench.make_sealed_directory(site.get(), "made");
  CHECK(world.mode(world.at(world.demo, "site/made")) == 0555);
  REQUIRE(fchmodat(site.get(), "made", 0700, 0) == 0);
  world.bench.make_sealed_directory(site.get(), "made");
  CHECK(world.mode(world.at(world.demo, "site/made")) == 0555);
  CHECK(world.mode(world.at(world.demo, "site")) == 0555);
}
