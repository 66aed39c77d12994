#include "gc/repair/repair.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"
#include "tests/gc/damage_world.h"

using namespace envstore;
using envstore::testing::DamageWorld;
using envstore::testing::FakeSource;

namespace {

using Found = std::vector<std::string>;
using Outcome = DamageFound::Outcome;

VerifyReport repaired(DamageWorld& world, BlobSource& source, VerifyDepth depth = VerifyDepth::full) {
  VerifyReport report = world.verified(depth);
  repair(world.store(), world.derived, report, source);
  return report;
}

std::vector<DirectoryEntry> quarantined(DamageWorld& world) {
  return list_directory(world.store().root(), store_paths::kQuarantine);
}

void check_all_right(DamageWorld& world) {
  CHECK(world.found(VerifyDepth::strict) == Found{});
  const std::string object = world.object_of(DamageWorld::kDemo);
  CHECK(world.content(object) == DamageWorld::kDemo);
  CHECK(world.stamp(world.at(world.demo, "site/demo/__init__.py")).inode == world.stamp(object).inode);
  CHECK(world.stamp(world.in_forest("demo/__init__.py")).inode == world.stamp(object).inode);
}

}  // namespace

TEST_CASE("a poisoned inode is replaced under every name, and kept in quarantine") {
  DamageWorld world;
  FakeSource source;
  source.files["site/demo/__init__.py"] = DamageWorld::kDemo;
  world.write_into(world.in_forest("demo/__init__.py"), "evil = 1\n");
  const std::uint64_t bad = world.stamp(world.object_of(DamageWorld::kDemo)).inode;
  const VerifyReport report = repaired(world, source, VerifyDepth::quick);
  REQUIRE(report.found.size() == 1);
  CHECK(report.found[0].outcome == Outcome::repaired);
  CHECK(report.is_clean());
  CHECK(source.asked == Found{"demo site/demo/__init__.py"});
  check_all_right(world);
  const auto kept = quarantined(world);
  REQUIRE(kept.size() == 1);
  CHECK(world.content(std::string(store_paths::kQuarantine) + "/" + kept[0].name) == "evil = 1\n");
  CHECK(world.stamp(std::string(store_paths::kQuarantine) + "/" + kept[0].name).inode == bad);
  CHECK(world.stamp(world.object_of(DamageWorld::kDemo)).inode != bad);
}

TEST_CASE("an intact copy in the store is taken before anything is fetched") {
  DamageWorld world;
  FakeSource source;
  const std::string object = world.object_of(DamageWorld::kDemo);
  SUBCASE("of an object that was replaced") {
    world.put_new_file(object, "evil");
  }
  SUBCASE("of an object that is gone") {
    world.remove(object);
  }
  SUBCASE("of a tree's file that was replaced") {
    world.put_new_file(world.at(world.demo, "site/demo/__init__.py"), "evil");
  }
  SUBCASE("of a layout's file that is gone") {
    world.remove(world.in_forest("demo/__init__.py"));
  }
  SUBCASE("of an object and its tree's file: the forest still has it") {
    world.put_new_file(object, "evil");
    world.put_new_file(world.at(world.demo, "site/demo/__init__.py"), "evil");
  }
  const VerifyReport report = repaired(world, source);
  CHECK(report.is_clean());
  CHECK(source.asked.empty());
  check_all_right(world);
}

TEST_CASE("bytes from elsewhere that are not the blob's are not taken") {
  DamageWorld world;
  FakeSource source;
  source.files["site/demo/__init__.py"] = "def answer():\n    return 66\n";
  world.write_into(world.at(world.demo, "site/demo/__init__.py"), "evil = 1\n");
  const VerifyReport report = repaired(world, source);
  REQUIRE(report.found.size() == 1);
  CHECK(report.found[0].outcome == Outcome::set_aside);
  CHECK(report.found[0].outcome_detail.find("another file") != std::string::npos);
}

TEST_CASE("what cannot be repaired loses its rows durably, and everything else stays") {
  DamageWorld world;
  FakeSource source;
  world.write_into(world.at(world.demo, "site/demo/__init__.py"), "evil = 1\n");
  const VerifyReport report = repaired(world, source);
  CHECK(!report.is_clean());
  CHECK(report.found[0].outcome_detail.find("not to be had") != std::string::npos);
  world.close();
  remove_tree(AT_FDCWD, world.root() + "/" + store_paths::kVolatile);  // a power cut
  Index::Read read = world.store().index().read();
  CHECK(!read.tree(world.demo));
  CHECK(!read.wheel(DamageWorld::info("demo").wheel));
  CHECK(!read.snapshot(world.snapshot));
  CHECK(!read.request(fingerprint(as_bytes("demo other"))));
  CHECK(!read.blob(BlobId{sha256(as_bytes(DamageWorld::kDemo))}));
  CHECK(read.tree(world.other));
}

TEST_CASE("after something was set aside the store is clean and can take the package again") {
  DamageWorld world;
  FakeSource source;
  world.write_into(world.at(world.demo, "site/demo/__init__.py"), "evil = 1\n");
  repaired(world, source);
  CHECK(world.found(VerifyDepth::full) == Found{});
  const TreeId again = world.add_tree("demo", {{"site/demo/__init__.py", DamageWorld::kDemo}});
  CHECK(world.content(world.at(again, "site/demo/__init__.py")) == DamageWorld::kDemo);
  CHECK(world.found(VerifyDepth::full) == Found{});
}

TEST_CASE("structure is made again from manifests and records") {
  DamageWorld world;
  FakeSource source;
  const auto link_elsewhere = [&](const std::string& path) {
    world.remove(path);
    world.behind_the_back(path,
                          [](const std::string& full) { REQUIRE(::symlink("/tmp", full.c_str()) == 0); });
  };
  SUBCASE("links") {
    link_elsewhere(world.in_farm("alone"));
    link_elsewhere(world.at(world.demo, "site/demo/__pycache__"));
    link_elsewhere(world.at(world.other, "site/other.py"));
  }
  SUBCASE("a directory with all that was in it") {
    world.behind_the_back(world.at(world.demo, "site/demo"),
                          [](const std::string& full) { remove_tree(AT_FDCWD, full); });
  }
  SUBCASE("a directory that is a file now") {
    world.behind_the_back(world.in_forest("demo"), [](const std::string& full) {
      remove_tree(AT_FDCWD, full);
      create_file(AT_FDCWD, full, "evil", 0444);
    });
  }
  SUBCASE("a whole layout") {
    remove_tree(world.store().root(), store_paths::snapshot(world.snapshot, Layout::forest));
  }
  SUBCASE("an empty file that is not empty") {
    world.put_new_file(world.at(world.demo, "site/demo/empty.txt"), "evil");
  }
  SUBCASE("extra things") {
    world.put_new_file(world.at(world.demo, "site/evil.py"), "evil");
    world.behind_the_back(world.in_forest("evil"),
                          [](const std::string& full) { make_directory(AT_FDCWD, full, 0755); });
    create_file(world.store().root(), std::string(store_paths::kObjects) + "/evil", "evil", 0444);
  }
  SUBCASE("modes") {
    fchmodat(world.store().root(), world.object_of(DamageWorld::kDemo).c_str(), 0666, 0);
    fchmodat(world.store().root(), world.at(world.demo, "site/shared").c_str(), 0777, 0);
    fchmodat(world.store().root(), store_paths::tree(world.other).c_str(), 0777, 0);
  }
  SUBCASE("a manifest, a description, a record") {
    world.put_new_file(world.at(world.demo, "manifest"), "nonsense");
    world.remove(world.at(world.other, "manifest"));
    world.put_new_file(world.at(world.demo, "tree.json"), "{");
    world.remove(store_paths::snapshot_record(world.snapshot));
  }
  SUBCASE("slots and bytecode") {
    const std::string slot = store_paths::slots(world.demo) + "/0";
    world.put_new_file(slot + "/evil.cpython-311.pyc", "evil");
    fchmodat(world.store().root(), store_paths::slots(world.other).c_str(), 0755, 0);
    remove_tree(world.store().root(), store_paths::slots(world.other) + "/0");
  }
  const VerifyReport report = repaired(world, source);
  CHECK(!report.found.empty());
  for (const DamageFound& damage : report.found)
    CHECK_MESSAGE(damage.outcome == Outcome::repaired, damage.path << ": " << damage.outcome_detail);
  check_all_right(world);
  const auto file = read_snapshot_file(world.store(), world.snapshot);
  REQUIRE(file);
  CHECK(file->requests.size() == 1);
  CHECK(list_directory(world.store().root(), store_paths::kTmp).empty());
}

TEST_CASE("rows are made again from what lies on disk") {
  DamageWorld world;
  FakeSource source;
  Store& store = world.store();
  const BlobId blob{sha256(as_bytes(DamageWorld::kDemo))};
  Index::Write write = store.index().write();
  SUBCASE("of a blob") {
    write.erase(blob);
  }
  SUBCASE("of a blob with another fingerprint") {
    BlobRow row = *write.blob(blob);
    row.fingerprint = fingerprint(as_bytes("another"));
    write.put(blob, row);
  }
  SUBCASE("of a tree") {
    write.erase(world.demo);
  }
  SUBCASE("of a snapshot") {
    write.erase(world.snapshot);
  }
  SUBCASE("of a tree and its snapshot") {
    write.erase(world.demo);
    write.erase(world.snapshot);
  }
  SUBCASE("that link") {
    write.unlink_blob_from_tree(blob, world.demo);
    write.link_blob_to_tree(BlobId{sha256(as_bytes("stray"))}, world.demo);
    write.unlink_tree_from_snapshot(world.other, world.snapshot);
  }
  write.commit();
  const VerifyReport report = repaired(world, source);
  CHECK(!report.found.empty());
  CHECK(report.is_clean());
  check_all_right(world);
}

TEST_CASE("a synced .venv that is linked to the poisoned file is healed as well") {
  DamageWorld world;
  FakeSource source;
  source.files["site/demo/__init__.py"] = DamageWorld::kDemo;
  const std::string venv = world.root() + "-venv",
                    file = venv + "/lib/python3.11/site-packages/demo/__init__.py";
  make_directories(AT_FDCWD, venv + "/lib/python3.11/site-packages/demo", 0755);
  REQUIRE(link_at(world.store().root(), world.object_of(DamageWorld::kDemo), AT_FDCWD, file) ==
          LinkResult::linked);
  Index::Write write = world.store().index().durable_write();
  write.put_root("venv", {.kind = RootKind::venv, .path = venv, .snapshot = world.snapshot, .made_at_ns = 1});
  write.commit();
  world.write_into(world.object_of(DamageWorld::kDemo), "evil = 1\n");
  const VerifyReport report = repaired(world, source);
  REQUIRE(report.found.size() == 1);
  REQUIRE(report.found[0].affected.roots.size() == 1);
  CHECK(report.found[0].affected.roots[0].find(venv) != std::string::npos);
  CHECK(read_file(AT_FDCWD, file) == DamageWorld::kDemo);
  check_all_right(world);
  remove_tree(AT_FDCWD, venv);
}

TEST_CASE("a damaged blob that no tree has goes to quarantine") {
  DamageWorld world;
  FakeSource source;
  Index::Write write = world.store().index().write();
  const std::string object = world.object_of("garbage");
  make_directory_if_missing(world.store().root(), object.substr(0, object.rfind('/')), 0755);
  create_file(world.store().root(), object, "poisoned garbage", 0444);
  BlobRow row;
  row.size = 7;
  row.mode = 0100444;
  write.put(BlobId{sha256(as_bytes("garbage"))}, row);
  write.commit();
  const VerifyReport report = repaired(world, source);
  CHECK(report.is_clean());
  CHECK(!stat_at(world.store().root(), object, Links::do_not_follow));
  CHECK(world.found() == Found{});
}

TEST_CASE("a repair that ended anywhere is finished by the next one") {
  // A repair killed at any step leaves some names repaired and others not: each subset must be repairable.
  for (unsigned done = 0; done < 8; ++done) {
    DamageWorld world;
    FakeSource source;
    source.files["site/demo/__init__.py"] = DamageWorld::kDemo;
    world.write_into(world.object_of(DamageWorld::kDemo), "evil = 1\n");
    if ((done & 1) != 0) world.put_new_file(world.object_of(DamageWorld::kDemo), DamageWorld::kDemo);
    if ((done & 2) != 0)
      world.put_new_file(world.at(world.demo, "site/demo/__init__.py"), DamageWorld::kDemo);
    if ((done & 4) != 0) world.put_new_file(world.in_forest("demo/__init__.py"), DamageWorld::kDemo);
    const VerifyReport report = repaired(world, source, VerifyDepth::quick);
    CHECK_MESSAGE(report.is_clean(), done);
    CHECK(source.asked.empty() == (done != 0));
    CHECK(world.found(VerifyDepth::strict) == Found{});
    for (const std::string& path :
         {world.object_of(DamageWorld::kDemo), world.at(world.demo, "site/demo/__init__.py"),
          world.in_forest("demo/__init__.py")})
      CHECK(world.content(path) == DamageWorld::kDemo);
  }
}
