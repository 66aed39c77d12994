#include "gc/verify/comparison.h"

#include <doctest/doctest.h>

#include "tests/gc/repair_world.h"

using namespace envstore;
using envstore::testing::blob_of;
using envstore::testing::RepairWorld;
using Kind = Expected::Kind;
using Lines = std::vector<std::string>;

namespace {

/// A directory `x` of the store, compared with what a test expects in it.
struct World : RepairWorld {
  World() {
    make_directory(store().root(), "x", 0755);
    entry.path = "a.py";
    entry.blob = blob_of(kDemo);
    entry.size = std::string(kDemo).size();
  }
  void add(const std::string& path, const std::string& content, mode_t mode = 0444) {
    create_file(store().root(), "x/" + path, content, mode);
  }
  void seal(const std::string& path) { REQUIRE(fchmodat(store().root(), path.c_str(), 0555, 0) == 0); }
  /// `PATH: DAMAGE` of each deviation, in the order in which they are met.
  Lines deviations(const std::vector<Expected>& expected, const Comparison::OnDeviation& repair = {}) {
    Lines lines;
    const auto now = verification();
    Comparison(*now, [&](const Deviation& deviation) {
      lines.push_back(deviation.path + ": " + name_of(deviation.damage));
      return repair && repair(deviation);
    }).run("x", expected);
    return lines;
  }

  TreeEntry entry;
};

Expected document(const std::string& path, const std::string& text = "text") {
  return {path, Kind::document, nullptr, nullptr, text};
}

}  // namespace

TEST_CASE("a directory with what is expected in it does not deviate") {
  World world;
  world.add("a.py", World::kDemo);
  world.add("b.txt", "text");
  make_directory(world.store().root(), "x/empty", 0555);
  symlink_at("b.txt", world.store().root(), "x/link");
  const std::vector<Expected> expected = {{"a.py", Kind::blob, &world.entry},
                                          document("b.txt"),
                                          {"empty", Kind::directory},
                                          {"link", Kind::link, nullptr, nullptr, "b.txt"}};
  CHECK(world.deviations(expected) == Lines{});
}

TEST_CASE("missing and extra names are told in the order of names, also at both ends") {
  World world;
  for (const char* name : {"0", "b", "z"}) world.add(name, "text");
  CHECK(world.deviations({document("a"), document("b"), document("c")}) ==
        Lines{"x/0: extra", "x/a: missing", "x/c: missing", "x/z: extra"});
}

TEST_CASE("each kind of deviation has its damage") {
  World world;
  Lines expected_lines;
  Expected expected = {"a.py", Kind::blob, &world.entry};
  SUBCASE("other bytes") {
    world.add("a.py", std::string(world.entry.size, 'x'));
    expected_lines = {"x/a.py: changed-content"};
  }
  SUBCASE("another mode") {
    world.add("a.py", World::kDemo, 0644);
    expected_lines = {"x/a.py: wrong-mode"};
  }
  SUBCASE("a directory instead of a file") {
    make_directory(world.store().root(), "x/a.py", 0555);
    expected_lines = {"x/a.py: wrong-kind"};
  }
  SUBCASE("a link to elsewhere") {
    symlink_at("elsewhere", world.store().root(), "x/link");
    expected = {"link", Kind::link, nullptr, nullptr, "there"};
    expected_lines = {"x/link: wrong-kind"};
  }
  SUBCASE("a document with another text of the same size") {
    world.add("d", "tent");
    expected = document("d");
    expected_lines = {"x/d: changed-content"};
  }
  SUBCASE("an empty file that is not empty") {
    world.add("a.py", "x");
    world.entry.size = 0;
    expected_lines = {"x/a.py: changed-content"};
  }
  CHECK(world.deviations({expected}) == expected_lines);
}

TEST_CASE("a file that programs may rewrite may have any content and mode, but must be a file") {
  World world;
  world.add("a", "whatever", 0600);
  make_directory(world.store().root(), "x/b", 0555);
  CHECK(world.deviations({{"a", Kind::any_file}, {"b", Kind::any_file}}) == Lines{"x/b: wrong-kind"});
}

TEST_CASE("directories that only paths below them imply are entered, and must be sealed") {
  World world;
  make_directory(world.store().root(), "x/sub", 0755);
  world.add("sub/a", "text");
  CHECK(world.deviations({document("sub/a"), document("sub/b")}) ==
        Lines{"x/sub: wrong-mode", "x/sub/b: missing"});
  world.seal("x/sub");
  CHECK(world.deviations({document("sub/a")}) == Lines{});
}

TEST_CASE(
    "a directory that is listed itself and has a sorted name between it and its files is one directory") {
  World world;
  make_directory(world.store().root(), "x/a", 0755);
  world.add("a/c", "text");
  world.add("a-b", "text");
  world.seal("x/a");
  CHECK(world.deviations({{"a", Kind::directory}, document("a-b"), document("a/c")}) == Lines{});
}

TEST_CASE("a missing directory is one deviation, and is entered only if the callback has made it") {
  World world;
  const std::vector<Expected> expected = {document("sub/a"), document("sub/b")};
  CHECK(world.deviations(expected) == Lines{"x/sub: missing"});
  const auto make = [&](const Deviation& deviation) {
    if (!deviation.is_directory_expected) return false;
    make_directory_if_missing(deviation.directory, deviation.name, 0555);
    return true;
  };
  CHECK(world.deviations(expected, make) == Lines{"x/sub: missing", "x/sub/a: missing", "x/sub/b: missing"});
}

TEST_CASE("a file that shares the inode of a sound object is not hashed, one with an inode of its own is") {
  World world;
  REQUIRE(link_at(world.store().root(), world.object_of(World::kDemo), world.store().root(), "x/a.py") ==
          LinkResult::linked);
  const std::vector<Expected> expected = {{"a.py", Kind::blob, &world.entry}};
  const auto hashed = [&] {
    const auto now = world.verification();
    now->ledger.find(world.entry.blob)->object = KnownBlob::Object::sound;
    Comparison(*now, [](const Deviation&) { return false; }).run("x", expected);
    return now->files_hashed.load();
  };
  CHECK(hashed() == 0);
  unlink_if_there(world.store().root(), "x/a.py");
  world.add("a.py", World::kDemo);
  CHECK(hashed() == 1);
}

TEST_CASE("names of an object that was reported itself are not reported again") {
  World world;
  REQUIRE(link_at(world.store().root(), world.object_of(World::kDemo), world.store().root(), "x/a.py") ==
          LinkResult::linked);
  world.write_into(world.object_of(World::kDemo), "evil = 1\n");
  const auto now = world.verification();
  KnownBlob& blob = *now->ledger.find(world.entry.blob);
  blob.object = KnownBlob::Object::differs;
  blob.seen_inode = world.stamp("x/a.py").inode;
  std::size_t count = 0;
  Comparison(*now, [&](const Deviation&) {
    return ++count > 9;
  }).run("x", {{"a.py", Kind::blob, &world.entry}});
  CHECK(count == 0);
}
