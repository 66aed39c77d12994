#include "gc/verify/verify.h"

#include <doctest/doctest.h>

#include "store/objects/slot_ledger.h"
#include "store/platform/error.h"
#include "tests/gc/damage_world.h"

using namespace envstore;
using envstore::testing::DamageWorld;

namespace {

using Found = std::vector<std::string>;

template <class Change>
void change_rows(Store& store, Change change) {
  Index::Write write = store.index().write();
  change(write);
  write.commit();
}

/// The damage at a tree's own copy of a file, and at the layouts' names of the same inode.
Found with_layouts(DamageWorld& world, const std::string& copy, const std::string& damage) {
  return {world.in_farm("demo/same_as_script.txt") + damage,
          world.in_forest("demo/same_as_script.txt") + damage, copy + damage};
}

}  // namespace

TEST_CASE("an untouched store is clean at every depth") {
  DamageWorld world;
  for (const VerifyDepth depth :
       {VerifyDepth::quick, VerifyDepth::sample, VerifyDepth::full, VerifyDepth::strict})
    CHECK(world.found(depth) == Found{});
}

TEST_CASE("a quick verification hashes only files that no row has the stamps of") {
  DamageWorld world;
  CHECK(world.verified().files_hashed == 1);  // the copy with the other mode
}

TEST_CASE("a file that was changed in size or time is found by its object, and named as people know it") {
  DamageWorld world;
  SUBCASE("longer") {
    world.write_into(world.at(world.demo, "site/demo/__init__.py"),
                     "evil = 1\n" + std::string(DamageWorld::kDemo));
  }
  SUBCASE("shorter") {
    world.write_into(world.at(world.demo, "site/demo/__init__.py"), "x");
  }
  SUBCASE("emptied") {
    world.write_into(world.at(world.demo, "site/demo/__init__.py"), "");
  }
  SUBCASE("the same size") {
    world.write_into(world.in_forest("demo/__init__.py"), "def answer():\n    return 43\n");
  }
  const VerifyReport report = world.verified();
  REQUIRE(report.found.size() == 1);
  const DamageFound& damage = report.found[0];
  CHECK(damage.path == world.object_of(DamageWorld::kDemo));
  CHECK(damage.damage == Damage::changed_content);
  CHECK(damage.detail.find("site/demo/__init__.py") != std::string::npos);
  CHECK(damage.affected.packages == Found{"demo 1.0"});
  CHECK(damage.affected.snapshots == std::vector{world.snapshot});
  CHECK(damage.affected.requests == Found{"script.py"});
}

TEST_CASE("an edit that restored size and time is seen by hashing alone") {
  DamageWorld world;
  world.edit_with_restored_time(world.at(world.demo, "site/demo/data.bin"));
  CHECK(world.found() == Found{});
  const Found expected{world.object_of(std::string(5000, 'd')) + ": changed-content"};
  CHECK(world.found(VerifyDepth::full) == expected);
  CHECK(world.found(VerifyDepth::strict) == expected);
  VerifyOptions everything;
  everything.depth = VerifyDepth::sample;
  everything.sample_percent = 100;
  CHECK(verify(world.store(), world.derived, everything).found.size() == 1);
}

TEST_CASE("a file at the path of an object, a tree's file or a layout's file is found there") {
  for (int place = 0; place < 3; ++place) {
    DamageWorld world;
    const std::string path = place == 0   ? world.object_of(DamageWorld::kDemo)
                             : place == 1 ? world.at(world.demo, "site/demo/__init__.py")
                                          : world.in_forest("demo/__init__.py");
    // A copy with the right bytes and mode is no damage.
    world.put_new_file(path, DamageWorld::kDemo);
    CHECK(world.found() == Found{});
    CHECK(world.found(VerifyDepth::full) == Found{});
    world.put_new_file(path, "evil");
    CHECK(world.found() == Found{path + ": changed-content"});
    world.remove(path);
    CHECK(world.found() == Found{path + ": missing"});
    world.behind_the_back(
        path, [](const std::string& full) { REQUIRE(::symlink("/etc/hostname", full.c_str()) == 0); });
    CHECK(world.found() == Found{path + ": wrong-kind"});
  }
}

TEST_CASE("modes of files and directories are part of what they are") {
  DamageWorld world;
  const std::string path = world.at(world.demo, "site/demo");
  SUBCASE("a directory that may be written to") {
    fchmodat(world.store().root(), path.c_str(), 0755, 0);
    CHECK(world.found() == Found{path + ": wrong-mode"});
  }
  SUBCASE("a file that may be written to") {
    fchmodat(world.store().root(), world.object_of("OTHER = 1\n").c_str(), 0644, 0);
    CHECK(world.found() == Found{world.object_of("OTHER = 1\n") + ": wrong-mode"});
  }
  SUBCASE("a copy of its own that may be run") {
    const std::string copy = world.at(world.demo, "site/demo/same_as_script.txt");
    fchmodat(world.store().root(), copy.c_str(), 0555, 0);
    CHECK(world.found() == with_layouts(world, copy, ": wrong-mode"));
  }
}

TEST_CASE("a copy of its own, which has no row, is hashed by a quick verification, too") {
  DamageWorld world;
  const std::string copy = world.at(world.demo, "site/demo/same_as_script.txt");
  world.edit_with_restored_time(copy);
  CHECK(world.found() == with_layouts(world, copy, ": changed-content"));
}

TEST_CASE("links that lead elsewhere, and things that belong nowhere, are found") {
  DamageWorld world;
  const std::string cache = world.at(world.demo, "site/demo/__pycache__"), link = world.in_farm("alone");
  for (const std::string& path : {cache, link}) {
    world.remove(path);
    world.behind_the_back(
        path, [](const std::string& full) { REQUIRE(::symlink("../elsewhere", full.c_str()) == 0); });
  }
  const std::string extra = world.at(world.demo, "site/demo/evil.py");
  world.put_new_file(extra, "evil");
  Found expected{link + ": wrong-kind", extra + ": extra", cache + ": wrong-kind"};
  std::sort(expected.begin(), expected.end());
  CHECK(world.found() == expected);
}

TEST_CASE("a rewritten file below etc is no damage") {
  DamageWorld world;
  world.write_into(store_paths::snapshot(world.snapshot, Layout::forest) + "/etc/demo.conf", "a = 2\n");
  CHECK(world.found(VerifyDepth::full) == Found{});
}

TEST_CASE("manifests, descriptions and records are compared with their ids and rows") {
  DamageWorld world;
  SUBCASE("manifest") {
    const std::string path = world.at(world.demo, "manifest");
    world.put_new_file(path, "nonsense");
    CHECK(world.found() == Found{path + ": damaged-manifest"});
  }
  SUBCASE("tree.json") {
    const std::string path = world.at(world.demo, "tree.json");
    TreeInfo lie = *world.store().index().read().tree(world.demo);
    lie.origin = "file:///elsewhere.whl";
    world.put_new_file(path, encode_tree_info(lie));
    CHECK(world.found() == Found{path + ": damaged-manifest"});
  }
  SUBCASE("snapshot record") {
    const std::string path = store_paths::snapshot_record(world.snapshot);
    world.put_new_file(path, "{}");
    CHECK(world.found() == Found{path + ": damaged-manifest"});
  }
}

TEST_CASE("rows that are missing or wrong are found") {
  DamageWorld world;
  Store& store = world.store();
  const BlobId blob{sha256(as_bytes(DamageWorld::kDemo))};
  const std::string object = store_paths::object(blob), tree = store_paths::tree(world.demo);
  SUBCASE("blob") {
    change_rows(store, [&](Index::Write& write) { write.erase(blob); });
    CHECK(world.found() == Found{object + ": damaged-row"});
  }
  SUBCASE("size of a blob") {
    BlobRow row = *store.index().read().blob(blob);
    ++row.size;
    change_rows(store, [&](Index::Write& write) { write.put(blob, row); });
    CHECK(world.found() == Found{object + ": damaged-row"});
  }
  SUBCASE("fingerprint of a blob, which only hashing sees") {
    BlobRow row = *store.index().read().blob(blob);
    row.fingerprint = fingerprint(as_bytes("another"));
    change_rows(store, [&](Index::Write& write) { write.put(blob, row); });
    CHECK(world.found(VerifyDepth::full) == Found{object + ": damaged-row"});
  }
  SUBCASE("blob -> tree") {
    change_rows(store, [&](Index::Write& write) { write.unlink_blob_from_tree(blob, world.demo); });
    CHECK(world.found() == Found{tree + ": damaged-row"});
  }
  SUBCASE("tree") {
    change_rows(store, [&](Index::Write& write) { write.erase(world.demo); });
    CHECK(world.found() == Found{tree + ": damaged-row"});
  }
  SUBCASE("content of a tree's row") {
    TreeRow row = *store.index().read().tree(world.demo);
    row.top_level.pop_back();
    change_rows(store, [&](Index::Write& write) { write.put(world.demo, row); });
    CHECK(world.found().back() == tree + ": damaged-row");
  }
  SUBCASE("snapshot") {
    change_rows(store, [&](Index::Write& write) { write.erase(world.snapshot); });
    CHECK(world.found() == Found{store_paths::snapshot_record(world.snapshot) + ": damaged-row"});
  }
  SUBCASE("tree -> snapshot") {
    change_rows(store,
                [&](Index::Write& write) { write.unlink_tree_from_snapshot(world.demo, world.snapshot); });
    CHECK(world.found() == Found{store_paths::snapshot_record(world.snapshot) + ": damaged-row"});
  }
}

TEST_CASE("new stamps of a right file are recorded, so that the next verification need not hash it") {
  DamageWorld world;
  const timespec times[2] = {{1000, 0}, {1000, 0}};
  REQUIRE(utimensat(world.store().root(), world.object_of("OTHER = 1\n").c_str(), times, 0) == 0);
  const VerifyReport first = world.verified();
  CHECK(first.found.empty());
  CHECK(first.stamps_renewed == 1);
  const VerifyReport second = world.verified();
  CHECK(second.stamps_renewed == 0);
  CHECK(second.files_hashed == 1);
}

TEST_CASE("bytecode is accounted for by the ledger, or by the source that it names") {
  DamageWorld world;
  const std::string slot = store_paths::slots(world.demo) + "/0", name = "__init__.cpython-311.pyc";
  const std::string pyc = std::string("\xa7\x0d\r\n\1\0\0\0", 8) + std::string(8, 'h') + "code";
  const auto slot_mode = [&](mode_t mode) { fchmodat(world.store().root(), slot.c_str(), mode, 0); };
  // A file that envstore did not make is removed, and is not damage.
  const auto check_dropped = [&](const std::string& foreign) {
    const VerifyReport report = world.verified();
    CHECK(report.found.empty());
    CHECK(report.foreign_bytecode == 1);
    CHECK_FALSE(stat_at(world.store().root(), slot + "/" + foreign, Links::do_not_follow));
    CHECK((world.stamp(slot).mode & 07777) == 0555);
    CHECK(world.verified().foreign_bytecode == 0);
  };
  SUBCASE("just being written by Python itself, as root") {
    world.put_new_file(slot + "/" + name + ".139638", "half");
    CHECK(world.verified().foreign_bytecode == 0);
    CHECK(stat_at(world.store().root(), slot + "/" + name + ".139638", Links::do_not_follow));
  }
  SUBCASE("what is no file") {
    slot_mode(0755);
    make_directories(world.store().root(), slot + "/cache/x", 0755);
    slot_mode(0555);
    check_dropped("cache");
  }
  SUBCASE("a folder in the place of the ledger") {
    make_directories(world.store().root(), store_paths::slots(world.demo) + "/ledger/x", 0755);
    CHECK(world.found() == Found{store_paths::slots(world.demo) + "/ledger: wrong-kind"});
  }
  SUBCASE("a name that no source has") {
    world.put_new_file(slot + "/evil.cpython-311.pyc", pyc);
    check_dropped("evil.cpython-311.pyc");
  }
  SUBCASE("a right name without a line") {
    world.put_new_file(slot + "/" + name, pyc);
    check_dropped(name);
  }
  SUBCASE("half written by a compiler that was killed") {
    world.put_new_file(slot + "/.0123456789abcdef.part", "half");
    CHECK(world.found() == Found{});
  }
  SUBCASE("written by Python itself, as root") {
    const FileStamp source = world.stamp(world.at(world.demo, "site/demo/__init__.py"));
    const auto timed = [&](std::uint64_t seconds) {
      std::string text("\xa7\x0d\r\n\0\0\0\0", 8);
      for (const std::uint64_t number : {seconds, source.size})
        for (int i = 0; i < 4; ++i) text.push_back(static_cast<char>(number >> (8 * i)));
      return text + "code";
    };
    const auto seconds = static_cast<std::uint64_t>(source.mtime_ns / 1'000'000'000);
    world.put_new_file(slot + "/" + name, timed(seconds));
    CHECK(world.found(VerifyDepth::full) == Found{});
    world.put_new_file(slot + "/" + name, timed(seconds + 1));
    check_dropped(name);
  }
  SUBCASE("a missing slot") {
    slot_mode(0755);
    REQUIRE(unlinkat(world.store().root(), slot.c_str(), AT_REMOVEDIR) == 0);
    CHECK(world.found() == Found{slot + ": missing"});
  }
}

TEST_CASE("compiled modules are compared with their sources at full depth only") {
  DamageWorld world;
  const std::string owner = store_paths::slots(world.demo), name = "0/__init__.cpython-311.pyc";
  // importlib.util.source_hash of 3.11 of the source, and of the whole file
  const auto compiled = [&](std::uint64_t source_hash, std::uint64_t own_hash) {
    std::string pyc("\xa7\x0d\r\n\1\0\0\0", 8);
    for (int i = 0; i < 8; ++i) pyc.push_back(static_cast<char>(source_hash >> (8 * i)));
    world.put_new_file(owner + "/" + name, pyc + "code");
    const FileStamp stamp = world.stamp(owner + "/" + name);
    world.put_new_file(
        owner + "/" + store_paths::kSlotLedger,
        ledger_line(
            name, {.inode = stamp.inode, .size = stamp.size, .hash = own_hash, .mtime_ns = stamp.mtime_ns}));
  };
  SUBCASE("from its source") {
    compiled(0x9c1febd406204e, 0x417ad70a75890707);
    CHECK(world.found(VerifyDepth::full) == Found{});
    SUBCASE("which was changed since: that is what is wrong") {
      const std::string source = world.at(world.demo, "site/demo/__init__.py");
      world.edit_with_restored_time(source);
      CHECK(world.found(VerifyDepth::full) ==
            Found{world.object_of(DamageWorld::kDemo) + ": changed-content"});
    }
    SUBCASE("and changed afterwards, with the old time") {
      world.edit_with_restored_time(owner + "/" + name);
      CHECK(world.found() == Found{});
      CHECK(world.found(VerifyDepth::full) == Found{owner + "/" + name + ": foreign-bytecode"});
    }
  }
  SUBCASE("from another source") {
    compiled(0x57601cd9d3582930, 0xdff6c2176d9b11ae);
    CHECK(world.found() == Found{});
    CHECK(world.found(VerifyDepth::full) == Found{owner + "/" + name + ": foreign-bytecode"});
  }
  SUBCASE("from an empty file") {
    compiled(0x737fe8d5d59c8d73, 0x9bba57ee097c3a6c);
    CHECK(world.found(VerifyDepth::full) == Found{owner + "/" + name + ": foreign-bytecode"});
  }
}

TEST_CASE("snapshots and trees that are being deleted are no damage") {
  DamageWorld world;
  change_rows(world.store(), [&](Index::Write& write) {
    write.put_fate(world.snapshot, {.fate = Fate::deleting, .epoch = 1, .since_ns = 1});
  });
  throw_away(world.store(), store_paths::snapshot(world.snapshot, Layout::farm));
  throw_away(world.store(), store_paths::snapshot(world.snapshot, Layout::forest));
  REQUIRE(::unlinkat(world.store().root(), store_paths::snapshot_record(world.snapshot).c_str(), 0) == 0);
  CHECK(world.found() == Found{});
}

TEST_CASE("orphans of a crash are garbage and no damage") {
  DamageWorld world;
  const std::string orphan = world.object_of("an orphan");
  make_directory_if_missing(world.store().root(), orphan.substr(0, orphan.rfind('/')), 0755);
  create_file(world.store().root(), orphan, "an orphan", 0444);
  CHECK(world.found(VerifyDepth::full) == Found{});
}
