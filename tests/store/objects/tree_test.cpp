#include "store/objects/tree.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <atomic>
#include <thread>

#include "store/objects/tree_info.h"
#include "store/objects/tree_rows.h"
#include "store/platform/error.h"
#include "tests/store/tree_world.h"

using namespace envstore;
using envstore::testing::Files;
using envstore::testing::TreeWorld;

namespace {

TreeEntry entry(const std::string& path, const std::string& content = "x") {
  return {path, Executable::no, BlobId{sha256(as_bytes(content))}, content.size()};
}

ErrorKind kind_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.kind();
  }
  FAIL("no error");
  return ErrorKind::io;
}

FileStamp stamp(Store& store, const std::string& path) {
  const auto found = stat_at(store.root(), path, Links::do_not_follow);
  REQUIRE_MESSAGE(found, path);
  return *found;
}

BlobId blob_of(const std::string& content) {
  return BlobId{sha256(as_bytes(content))};
}

}  // namespace

TEST_CASE("paths that could leave the tree, or hide in it, are not safe") {
  for (const std::string path : {"site/a.py", "site/a b/ü.txt", "site/...", "site/.hidden", "bin/x"})
    CHECK_MESSAGE(is_safe_path(path), path);
  for (const std::string path : {"", "/", "/site/a", "site//a", "site/", "./site", "site/.", "site/../a",
                                 "..", "site\\a", "site/__pycache__/a.pyc", "__pycache__"})
    CHECK_MESSAGE(!is_safe_path(path), path);
  CHECK(!is_safe_path(std::string("site/a\0b", 8)));
  CHECK(is_safe_path("site/" + std::string(255, 'a')));
  CHECK(!is_safe_path("site/" + std::string(256, 'a')));
  std::string deep = "site";
  while (deep.size() < 4000) deep += "/a";
  CHECK(is_safe_path(deep.substr(0, 4000)));
  CHECK(!is_safe_path(deep + "/a/a"));
}

TEST_CASE("a manifest's id does not depend on the order in which files were added") {
  const TreeManifest one({entry("site/b.py"), entry("site/a.py"), entry("bin/x")});
  const TreeManifest other({entry("bin/x"), entry("site/a.py"), entry("site/b.py")});
  CHECK(one.id() == other.id());
  CHECK(one.entries().front().path == "bin/x");
}

TEST_CASE("a manifest's id depends on every part of an entry") {
  const TreeId id = TreeManifest({entry("site/a.py")}).id();
  CHECK(TreeManifest({entry("site/b.py")}).id() != id);
  CHECK(TreeManifest({entry("site/a.py", "y")}).id() != id);
  TreeEntry executable = entry("site/a.py");
  executable.executable = Executable::yes;
  CHECK(TreeManifest({executable}).id() != id);
}

TEST_CASE("the encoding of a manifest never changes") {
  // Existing stores contain this value; computed by hand from the description in tree.cpp.
  const std::string bytes = TreeManifest({entry("site/a", "")}).encode();
  const std::string expected = std::string("envtree1\1\0\0\0\6\0site/a\0", 8 + 4 + 2 + 6 + 1) +
                               std::string(reinterpret_cast<const char*>(blob_of("").bytes.data()), 32) +
                               std::string(8, '\0');
  CHECK(bytes == expected);
}

TEST_CASE("a file must not occur twice, nor be a directory too") {
  const auto make = [](std::vector<TreeEntry> entries) {
    return kind_of([&] { TreeManifest manifest(std::move(entries)); });
  };
  CHECK(make({entry("site/a"), entry("site/a")}) == ErrorKind::invalid_input);
  CHECK(make({entry("site/a"), entry("site/a-b"), entry("site/a.c"), entry("site/a/d")}) ==
        ErrorKind::invalid_input);
  CHECK(make({entry("site/a/b"), entry("site/a/b/c/d")}) == ErrorKind::invalid_input);
  CHECK(make({entry("site/../a")}) == ErrorKind::invalid_input);
  CHECK(make({entry("elsewhere/a")}) == ErrorKind::invalid_input);
  CHECK(make({entry("site")}) == ErrorKind::invalid_input);
  CHECK(make({entry("manifest")}) == ErrorKind::invalid_input);
}

TEST_CASE("a manifest comes back from its encoding, and from no part of it") {
  const TreeManifest manifest({entry("site/a.py"), entry("site/ü/b.py", "yy"), entry("bin/c")});
  const std::string bytes = manifest.encode();
  CHECK(TreeManifest::decode(bytes).entries() == manifest.entries());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK(kind_of([&] { TreeManifest::decode(bytes.substr(0, size)); }) == ErrorKind::damaged);
  CHECK(kind_of([&] { TreeManifest::decode(bytes + "x"); }) == ErrorKind::damaged);
}

TEST_CASE("a manifest that claims a billion entries is refused before anything is allocated") {
  const std::string bytes = std::string("envtree1\xff\xff\xff\x7f", 12) + std::string(100, 'a');
  CHECK(kind_of([&] { TreeManifest::decode(bytes); }) == ErrorKind::damaged);
}

TEST_CASE("tree.json brings everything back") {
  const TreeManifest manifest(
      {entry("site/a.py"), entry("site/a.pth"), entry("site/b/c.py"), entry("bin/x")});
  TreeInfo info = TreeWorld::info("a", "a reason");
  info.origin = "somewhere";
  info.made_at_ns = 17;
  describe_content(info, manifest);
  CHECK(info.top_level == std::vector<std::string>{"a.pth", "a.py", "b"});
  CHECK(info.has_pth);
  CHECK(info.files == 4);
  CHECK(info.bytes == 4);
  const std::string text = encode_tree_info(info);
  CHECK(decode_tree_info(text, manifest) == info);
  CHECK(kind_of([&] { decode_tree_info(text.substr(0, text.size() / 2), manifest); }) == ErrorKind::damaged);
  CHECK(kind_of([&] { decode_tree_info("{}", manifest); }) == ErrorKind::damaged);
  CHECK(kind_of([&] { decode_tree_info("[1]", manifest); }) == ErrorKind::damaged);
}

TEST_CASE("only directories that hold modules have bytecode slots") {
  const TreeManifest manifest({entry("site/a/b.py"), entry("site/a/data/c.txt"), entry("data/share/d.py"),
                               entry("site/a/e/f.py"), entry("bin/g.py")});
  CHECK(source_directories(manifest) == std::vector<std::string>{"site/a", "site/a/e"});
}

TEST_CASE("a tree holds read-only links to its objects and a description") {
  TreeWorld world;
  const TreeId id =
      world.add_tree("a", {{"site/a.py", "A"}, {"+xbin/a", "#!/bin/sh\n"}, {"site/p/__init__.py", ""}});
  Store& store = world.store();
  const std::string tree = store_paths::tree(id);

  const FileStamp file = stamp(store, tree + "/site/a.py");
  const FileStamp object = stamp(store, store_paths::object(blob_of("A")));
  CHECK(file.inode == object.inode);
  CHECK((file.mode & 07777) == 0444);
  CHECK((stamp(store, tree + "/bin/a").mode & 07777) == 0555);
  CHECK((stamp(store, tree).mode & 07777) == 0555);
  CHECK((stamp(store, tree + "/site/p").mode & 07777) == 0555);
  CHECK(stamp(store, tree + "/site/p/__init__.py").links == 1);  // empty files are never linked

  CHECK(TreeManifest::load(store, id).entries().size() == 3);
  Index::Read read = store.index().read();
  REQUIRE(read.tree(id));
  CHECK(read.tree(id)->name == "a");
  CHECK(read.wheel(TreeWorld::info("a").wheel)->tree == id);
  const auto row = read.blob(blob_of("A"));
  REQUIRE(row);
  CHECK(row->inode == object.inode);
  CHECK(row->mtime_ns == object.mtime_ns);
  CHECK(row->mode == object.mode);
  CHECK(row->size == 1);
  CHECK(row->fingerprint == fingerprint(as_bytes("A")));
  CHECK(read.trees_of(blob_of("A")) == std::vector<TreeId>{id});
  CHECK(!read.blob(blob_of("")));
}

TEST_CASE("__pycache__ leads to an empty slot beside every module of site, and only there") {
  TreeWorld world;
  const TreeId id = world.add_tree(
      "a", {{"site/a.py", "A"}, {"site/p/q/r.py", "R"}, {"site/p/t.txt", "T"}, {"data/share/s.py", "S"}});
  Store& store = world.store();
  const std::string tree = store_paths::tree(id);
  for (const std::string directory : {"/site", "/site/p/q"}) {
    const std::string cache = tree + directory + "/__pycache__";
    CHECK(stamp(store, cache).is_symlink());
    const auto slot = stat_at(store.root(), cache, Links::follow);
    REQUIRE(slot);
    CHECK(slot->is_directory());
    CHECK((slot->mode & 07777) == 0555);
    CHECK(list_directory(store.root(), store_paths::slots(id)).size() == 2);
  }
  CHECK(!stat_at(store.root(), tree + "/site/p/__pycache__", Links::do_not_follow));
  CHECK(!stat_at(store.root(), tree + "/data/share/__pycache__", Links::do_not_follow));
}

TEST_CASE("two trees share the bytes that they have in common") {
  TreeWorld world;
  const TreeId one = world.add_tree("one", {{"site/one.py", "1"}, {"site/LICENSE", "the same"}});
  const TreeId two = world.add_tree("two", {{"site/two.py", "2"}, {"site/x/LICENSE", "the same"}});
  Store& store = world.store();
  CHECK(stamp(store, store_paths::tree(one) + "/site/LICENSE").inode ==
        stamp(store, store_paths::tree(two) + "/site/x/LICENSE").inode);
  CHECK(store.index().read().trees_of(blob_of("the same")).size() == 2);
}

TEST_CASE("the same bytes in the other mode are a file of their own") {
  TreeWorld world;
  const TreeId plain = world.add_tree("plain", {{"site/run", "same"}});
  const TreeId executable = world.add_tree("executable", {{"+xsite/run", "same"}});
  Store& store = world.store();
  CHECK((stamp(store, store_paths::tree(plain) + "/site/run").mode & 07777) == 0444);
  CHECK((stamp(store, store_paths::tree(executable) + "/site/run").mode & 07777) == 0555);
  CHECK((stamp(store, store_paths::object(blob_of("same"))).mode & 07777) == 0444);
  CHECK(store.index().read().trees_of(blob_of("same")).size() == 2);
}

TEST_CASE("the same tree made twice is one tree, and both wheels lead to it") {
  TreeWorld world;
  const TreeId one = world.add_tree("one", {{"site/a.py", "A"}});
  const std::uint64_t inode = stamp(world.store(), store_paths::tree(one)).inode;
  const TreeId other = world.add_tree("other", {{"site/a.py", "A"}});
  CHECK(one == other);
  CHECK(stamp(world.store(), store_paths::tree(one)).inode == inode);
  CHECK(world.store().index().read().wheel(TreeWorld::info("other").wheel)->tree == one);
}

TEST_CASE("an object without a row is taken only for the bytes that it has") {
  TreeWorld world;
  Store& store = world.store();
  const BlobId good = blob_of("good"), bad = blob_of("bad!");
  for (const BlobId& id : {good, bad}) {
    make_directory_if_missing(store.root(), "objects/" + id.hex().substr(0, 2), 0755);
    create_file(store.root(), store_paths::object(id), "good",
                0444);  // wrong content for `bad`, as after a crash
  }
  const std::uint64_t orphan = stamp(store, store_paths::object(good)).inode;
  const TreeId id = world.add_tree("a", {{"site/good", "good"}, {"site/bad", "bad!"}});
  CHECK(stamp(store, store_paths::tree(id) + "/site/good").inode == orphan);
  CHECK(read_file(store.root(), store_paths::tree(id) + "/site/bad") == "bad!");
  CHECK(read_file(store.root(), store_paths::object(bad)) == "bad!");
  CHECK(store.index().read().blob(bad)->inode == stamp(store, store_paths::object(bad)).inode);
}

TEST_CASE("an object that another program changed is not linked into new trees") {
  TreeWorld world;
  Store& store = world.store();
  world.add_tree("a", {{"site/a.py", "right"}});
  const std::string object = store_paths::object(blob_of("right"));
  REQUIRE(fchmodat(store.root(), object.c_str(), 0644, 0) == 0);
  const Fd file = open_file(store.root(), object, O_WRONLY);
  write_all(file.get(), as_bytes("wrong"), object);
  const TreeId id = world.add_tree("b", {{"site/b.py", "right"}});
  CHECK(read_file(store.root(), store_paths::tree(id) + "/site/b.py") == "right");
  CHECK(read_file(store.root(), object) == "right");
}

TEST_CASE("a link or a directory at an object's path is replaced or refused, never followed") {
  TreeWorld world;
  Store& store = world.store();
  const BlobId id = blob_of("content");
  make_directory_if_missing(store.root(), "objects/" + id.hex().substr(0, 2), 0755);
  create_file(store.root(), "elsewhere", "content", 0444);
  symlink_at("../../elsewhere", store.root(), store_paths::object(id));
  const TreeId tree = world.add_tree("a", {{"site/a.py", "content"}});
  CHECK(stamp(store, store_paths::tree(tree) + "/site/a.py").is_regular());
  CHECK(stamp(store, store_paths::object(id)).is_regular());
}

TEST_CASE("a tree without a row, left by a crash, is replaced and not trusted") {
  TreeWorld world;
  Store& store = world.store();
  const TreeId id = TreeManifest({entry("site/a.py", "A")}).id();
  store.index().read();  // creates the index: trees without an index would be damage
  make_directories(store.root(), store_paths::tree(id) + "/site", 0755);
  REQUIRE(fchmodat(store.root(), store_paths::tree(id).c_str(), 0555, 0) == 0);
  const TreeId made = world.add_tree("a", {{"site/a.py", "A"}});
  CHECK(made == id);
  CHECK(read_file(store.root(), store_paths::tree(id) + "/site/a.py") == "A");
  CHECK(list_directory(store.root(), store_paths::kTrash).empty());
}

TEST_CASE("a tree that is made again gets empty slots, whatever Python has written into the old ones") {
  TreeWorld world;
  Store& store = world.store();
  const TreeId id = world.add_tree("a", {{"site/a.py", "A"}});
  {
    const testing::OpenedDirectory opened(store.root(), store_paths::slots(id) + "/0");
    create_file(store.root(), store_paths::slots(id) + "/0/a.cpython-311.pyc", "written by root", 0644);
  }
  create_file(store.root(), store_paths::slots(id) + "/complete-cpython-311", "", 0444);
  SUBCASE("its row went, and the collection died before it took the files") {
    Index::Write rows = store.index().write();
    rows.erase(id);
    rows.commit();
  }
  SUBCASE("its files went, and the collection died before it took the slots") {
    throw_away(store, store_paths::tree(id));
  }
  CHECK(world.add_tree("a", {{"site/a.py", "A"}}) == id);
  CHECK(list_directory(store.root(), store_paths::slots(id)).size() == 1);
  CHECK(list_directory(store.root(), store_paths::slots(id) + "/0").empty());
  CHECK(list_directory(store.root(), store_paths::kTrash).empty());
}

TEST_CASE("an abandoned builder leaves only objects that no tree names") {
  TreeWorld world;
  Store& store = world.store();
  {
    Lease lease = TreeWorld::lease(store);
    TreeBuilder builder(store, lease);
    builder.add("site/p/a.py", Executable::no, as_bytes("A"));
    CHECK(kind_of([&] { builder.add("site/p/a.py", Executable::no, as_bytes("B")); }) ==
          ErrorKind::invalid_input);
    CHECK(kind_of([&] { builder.add("site/p/a.py/b", Executable::no, as_bytes("B")); }) ==
          ErrorKind::invalid_input);
    CHECK(kind_of([&] { builder.add("site/p", Executable::no, as_bytes("B")); }) == ErrorKind::invalid_input);
    CHECK(kind_of([&] { builder.add("site/../../x", Executable::no, as_bytes("B")); }) ==
          ErrorKind::invalid_input);
    CHECK(kind_of([&] {
            builder.add("manifest/x", Executable::no, as_bytes("B"));
            builder.commit({});
          }) == ErrorKind::invalid_input);
  }
  CHECK(list_directory(store.root(), store_paths::kTrees).empty());
  CHECK(list_directory(store.root(), store_paths::kTmp).empty());
  CHECK(!store.index().read().blob(blob_of("A")));
}

TEST_CASE("modes are right under any umask, and the umask stays what it was") {
  TreeWorld world;
  const mode_t before = umask(0077);
  const TreeId id = world.add_tree("a", {{"site/a.py", "A"}, {"+xbin/a", "B"}});
  CHECK(umask(before) == 0077);
  CHECK((stamp(world.store(), store_paths::tree(id) + "/site/a.py").mode & 07777) == 0444);
  CHECK((stamp(world.store(), store_paths::tree(id) + "/bin/a").mode & 07777) == 0555);
}

TEST_CASE("many threads add to one tree, equal files among them") {
  TreeWorld world;
  Store& store = world.store();
  Lease lease = TreeWorld::lease(store);
  TreeBuilder builder(store, lease);
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread)
    threads.emplace_back([&, thread] {
      try {
        for (int i = 0; i < 100; ++i) {
          const std::string content = "content " + std::to_string(i % 10);
          builder.add("site/" + std::to_string(i) + "/" + std::to_string(thread), Executable::no,
                      as_bytes(content));
        }
      } catch (const Error& error) {
        MESSAGE(error.what());
        ++failures;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  const TreeId id = builder.commit(TreeWorld::info("a"));
  CHECK(TreeManifest::load(store, id).entries().size() == 800);
  CHECK(stamp(store, store_paths::object(blob_of("content 3"))).links == 81);
}

TEST_CASE("a manifest on disk that does not match the tree's id is damage") {
  TreeWorld world;
  Store& store = world.store();
  const TreeId one = world.add_tree("one", {{"site/a.py", "A"}});
  const TreeId two = world.add_tree("two", {{"site/b.py", "B"}});
  REQUIRE(fchmodat(store.root(), store_paths::tree(one).c_str(), 0755, 0) == 0);
  rename_at(store.root(), store_paths::tree(one) + "/manifest", store.root(), "kept");
  link_at(store.root(), store_paths::tree(two) + "/manifest", store.root(),
          store_paths::tree(one) + "/manifest");
  CHECK(kind_of([&] { TreeManifest::load(store, one); }) == ErrorKind::damaged);
  unlink_if_there(store.root(), store_paths::tree(one) + "/manifest");
  create_file(store.root(), store_paths::tree(one) + "/manifest", "rubbish", 0444);
  CHECK(kind_of([&] { TreeManifest::load(store, one); }) == ErrorKind::damaged);
}

TEST_CASE("an object with as many names as the filesystem allows begins a new inode") {
  TreeWorld world;
  Store& store = world.store();
  world.add_tree("a", {{"site/a", "popular"}});
  const std::string object = store_paths::object(blob_of("popular"));
  const std::uint64_t full = stamp(store, object).inode;
  make_directory(store.root(), "names", 0755);
  LinkResult result = LinkResult::linked;
  for (int i = 0; i < 66000 && result == LinkResult::linked; ++i)
    result = link_at(store.root(), object, store.root(), "names/" + std::to_string(i));
  const TreeId b = world.add_tree("b", {{"site/b", "popular"}});
  CHECK(read_file(store.root(), store_paths::tree(b) + "/site/b") == "popular");
  const FileStamp now = stamp(store, object);
  CHECK((now.inode != full) == (result == LinkResult::too_many_links));
  CHECK(stamp(store, store_paths::tree(b) + "/site/b").inode == now.inode);
  CHECK(store.index().read().blob(blob_of("popular"))->inode == now.inode);
}
