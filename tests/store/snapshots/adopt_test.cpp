#include "store/snapshots/adopt.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "store/platform/error.h"
#include "store/snapshots/snapshot_file.h"
#include "tests/store/tree_world.h"

using namespace envstore;
using envstore::testing::Files;
using envstore::testing::TreeWorld;

namespace {

const Files kPackage = {
    {"site/a/__init__.py", ""}, {"site/a/core.py", "A"}, {"+xbin/tool", "T"}, {"data/etc/a", "c"}};

struct Adopted : TreeWorld {
  Adopted() {
    Lease lease = TreeWorld::lease(store());
    tree = add_tree(store(), lease, "a", kPackage);
    snapshot = record({{"a", tree}});
    for (const Layout layout : {Layout::farm, Layout::forest})
      place_snapshot(store(), lease, snapshot, layout, RequestRow{"request", {}, "label", 5});
  }
  /// As if the index had been lost: other rows are gone too.
  void lose_index() {
    store().index().recreate();
    remove_tree(store().root(), store_paths::kTrash);
    make_directory(store().root(), store_paths::kTrash, 0700);
  }
  std::string in_tree(const std::string& path) const { return store_paths::tree(tree) + "/" + path; }
  void make_writable(const std::string& path) {
    REQUIRE(fchmodat(store().root(), path.c_str(), 0755, 0) == 0);
  }

  TreeId tree;
  SnapshotRecord snapshot;
};

}  // namespace

TEST_CASE("a lost index comes back from what lies on disk") {
  Adopted world;
  const auto row_before = world.store().index().read().blob(BlobId{sha256(as_bytes("A"))});
  const auto tree_before = world.store().index().read().tree(world.tree);
  world.lose_index();
  REQUIRE(!world.store().index().read().tree(world.tree));
  CHECK(is_rebuild_unfinished(world.store()));
  const RebuildReport report = rebuild_index(world.store());
  CHECK(report.trees == 1);
  CHECK(report.snapshots == 1);
  CHECK(report.requests == 1);
  CHECK(report.skipped.empty());
  CHECK_FALSE(is_rebuild_unfinished(world.store()));
  Index::Read read = world.store().index().read();
  CHECK(read.tree(world.tree) == tree_before);
  const auto row = read.blob(BlobId{sha256(as_bytes("A"))});
  REQUIRE(row);
  CHECK(row->inode == row_before->inode);
  CHECK(row->fingerprint == row_before->fingerprint);
  CHECK(read.trees_of(BlobId{sha256(as_bytes("A"))}) == std::vector<TreeId>{world.tree});
  CHECK(read.wheel(TreeWorld::info("a").wheel)->tree == world.tree);
  const auto snapshot = read.snapshot(world.snapshot.id());
  REQUIRE(snapshot);
  CHECK(snapshot->layouts == std::vector<Layout>{Layout::farm, Layout::forest});
  const auto request = read.request(fingerprint(as_bytes("request")));
  REQUIRE(request);
  CHECK(request->snapshot == world.snapshot.id());
  CHECK(request->label == "label");
}

TEST_CASE("rebuilding an index that is whole changes nothing") {
  Adopted world;
  const SnapshotId id = world.snapshot.id();
  const auto before = world.store().index().read().snapshot(id);
  const auto last_use = world.store().index().read().last_use_ns(id);
  rebuild_index(world.store());
  Index::Read rows = world.store().index().read();
  REQUIRE(rows.snapshot(id));
  CHECK(rows.snapshot(id)->record == before->record);
  CHECK(rows.snapshot(id)->layouts == before->layouts);
  CHECK(rows.last_use_ns(id) == last_use);
}

TEST_CASE("a rebuild keeps what only the index has, as far as it can be read: roots, leases, last uses") {
  Adopted world;
  const SnapshotId id = world.snapshot.id();
  Lease lease = TreeWorld::lease(world.store());
  {
    Index::Write rows = world.store().index().durable_write();
    rows.put_root("pin", {RootKind::pin, "pin", id, 3});
    rows.put_root("lost", {RootKind::pin, "lost", SnapshotId{sha256(as_bytes("lost"))}, 3});
    rows.commit();
  }
  const RebuildReport report = rebuild_index(world.store());
  Index::Read rows = world.store().index().read();
  CHECK(rows.root("pin") == RootRow{RootKind::pin, "pin", id, 3});
  CHECK(rows.lease(lease.name()));
  CHECK_FALSE(rows.root("lost"));
  REQUIRE(report.skipped.size() == 1);
  CHECK(report.skipped[0].find("'lost'") != std::string::npos);
}

TEST_CASE("roots are restored from the snapshot's own file if the index is lost") {
  Adopted world;
  const SnapshotId id = world.snapshot.id();
  {
    Index::Write rows = world.store().index().durable_write();
    rows.put_root("pin", {RootKind::pin, "pin", id, 3});
    rows.put_root("/home/.venv", {RootKind::venv, "/home/.venv", id, 4});
    rows.commit();
  }
  CHECK(note_roots(world.store(), id));
  CHECK_FALSE(note_roots(world.store(), id));
  place_snapshot(world.store(), *std::make_unique<Lease>(TreeWorld::lease(world.store())), world.snapshot,
                 Layout::farm, RequestRow{"another request", {}, "label", 6});
  remove_tree(world.store().root(), store_paths::kIndex);
  remove_tree(world.store().root(), store_paths::kVolatile);
  rebuild_index(world.store());
  Index::Read rows = world.store().index().read();
  CHECK(rows.root("pin") == RootRow{RootKind::pin, "pin", id, 3});
  CHECK(rows.root("/home/.venv") == RootRow{RootKind::venv, "/home/.venv", id, 4});
}

TEST_CASE("rows that an ingest has written to an index that is no more are written again") {
  Adopted world;
  Store& store = world.store();
  const BlobId blob{sha256(as_bytes("A"))};
  store.index().recreate();
  {  // the ingest's last transaction: the tree's row without the blob's
    Index::Write rows = store.index().write();
    rows.put(world.tree, TreeWorld::info("a"));
    rows.commit();
  }
  adopt_all(store);
  Index::Read rows = store.index().read();
  CHECK(rows.blob(blob));
  CHECK(rows.trees_of(blob) == std::vector<TreeId>{world.tree});
}

TEST_CASE("files at the paths of the index or its locks do not prevent a rebuild") {
  Adopted world;
  const int root = world.store().root();
  const std::string elsewhere = world.root() + "/../elsewhere";
  SUBCASE("a link") {
    rename_at(root, store_paths::kIndex, AT_FDCWD, elsewhere);
    symlink_at(elsewhere, root, store_paths::kIndex);
    CHECK_THROWS_AS(world.open().index().read(), Error);
  }
  SUBCASE("a file") {
    remove_tree(root, store_paths::kIndex);
    create_file(root, store_paths::kIndex, "index", 0600);
    CHECK_THROWS_AS(world.open().index().read(), Error);
  }
  SUBCASE("a folder in the place of its file") {
    remove_tree(root, store_paths::kIndex);
    make_directories(root, "index/data.mdb/x", 0700);
    CHECK_THROWS_AS(world.open().index().read(), Error);
  }
  SUBCASE("a folder in the place of a lock") {
    unlink_if_there(root, "locks/index.lock");
    make_directories(root, "locks/index.lock/x", 0700);
  }
  SUBCASE("a file in the place of the volatile folder") {
    remove_tree(root, store_paths::kVolatile);
    create_file(root, store_paths::kVolatile, "", 0600);
  }
  world.close();
  Store store = world.open();
  CHECK(rebuild_index(store).snapshots == 1);
  CHECK(store.index().read().snapshot(world.snapshot.id()));
}

TEST_CASE("a tree is adopted only whole") {
  const auto is_adopted_after = [](auto change) {
    Adopted world;
    world.lose_index();
    for (const char* directory : {"", "site/a", "bin"}) world.make_writable(world.in_tree(directory));
    change(world, world.store().root());
    const bool is_adopted = adopt_tree(world.store(), world.tree);
    CHECK(world.store().index().read().tree(world.tree).has_value() == is_adopted);
    CHECK(adopt_snapshot(world.store(), world.snapshot.id()) == is_adopted);
    return is_adopted;
  };
  CHECK(is_adopted_after([](Adopted&, int) {}));
  CHECK(!is_adopted_after([](Adopted& w, int root) { unlink_if_there(root, w.in_tree("site/a/core.py")); }));
  CHECK(!is_adopted_after(
      [](Adopted& w, int root) { unlink_if_there(root, w.in_tree("site/a/__init__.py")); }));
  CHECK(!is_adopted_after([](Adopted& w, int root) { unlink_if_there(root, w.in_tree("manifest")); }));
  CHECK(!is_adopted_after([](Adopted& w, int root) { unlink_if_there(root, w.in_tree("tree.json")); }));
  CHECK(!is_adopted_after(
      [](Adopted& w, int root) { unlink_if_there(root, w.in_tree("site/a/__pycache__")); }));
  CHECK(!is_adopted_after(
      [](Adopted& w, int root) { create_file(root, w.in_tree("site/a/more.py"), "", 0444); }));
  CHECK(!is_adopted_after(
      [](Adopted& w, int root) { replace_file(root, w.in_tree("site/a/core.py"), "B", 0444); }));
  CHECK(!is_adopted_after([](Adopted& w, int root) {
    unlink_if_there(root, w.in_tree("site/a/core.py"));
    symlink_at("../../manifest", root, w.in_tree("site/a/core.py"));
  }));
  CHECK(!is_adopted_after(
      [](Adopted& w, int root) { REQUIRE(fchmodat(root, w.in_tree("bin/tool").c_str(), 0444, 0) == 0); }));
  CHECK(!is_adopted_after([](Adopted& w, int root) { remove_tree(root, store_paths::tree(w.tree)); }));
}

TEST_CASE("objects that are missing or wrong are made from an intact tree") {
  Adopted world;
  Store& store = world.store();
  world.lose_index();
  const std::string missing = store_paths::object(BlobId{sha256(as_bytes("A"))});
  const std::string wrong = store_paths::object(BlobId{sha256(as_bytes("T"))});
  unlink_if_there(store.root(), missing);
  replace_file(store.root(), wrong, "W", 0555);
  REQUIRE(adopt_tree(store, world.tree));
  CHECK(read_file(store.root(), missing) == "A");
  CHECK(read_file(store.root(), wrong) == "T");
}

TEST_CASE("adoption makes missing slots again") {
  Adopted world;
  world.lose_index();
  remove_tree(world.store().root(), store_paths::slots(world.tree));
  REQUIRE(adopt_tree(world.store(), world.tree));
  CHECK(stat_at(world.store().root(), world.in_tree("site/a/__pycache__"), Links::follow));
}

TEST_CASE("a layout that was changed is not adopted with its snapshot, and is made again when needed") {
  Adopted world;
  Store& store = world.store();
  world.lose_index();
  const std::string site =
      store_paths::snapshot(world.snapshot.id(), Layout::farm) + "/lib/python3.11/site-packages";
  world.make_writable(site);
  create_file(store.root(), site + "/evil.pth", "import evil", 0644);
  REQUIRE(adopt_snapshot(store, world.snapshot.id()));
  CHECK(store.index().read().snapshot(world.snapshot.id())->layouts == std::vector<Layout>{Layout::forest});
  Lease lease = TreeWorld::lease(store);
  place_snapshot(store, lease, world.snapshot, Layout::farm, std::nullopt);
  CHECK(!stat_at(store.root(), site + "/evil.pth", Links::do_not_follow));
}

TEST_CASE("a damaged snapshot file is skipped and reported") {
  Adopted world;
  world.lose_index();
  const std::string path = store_paths::snapshot_record(world.snapshot.id());
  for (const std::string content :
       {"", "{", "{}", "[]", "{\"record\":{},\"requests\":[]}", "{\"record\":1,\"requests\":1}"}) {
    replace_file(world.store().root(), path, content, 0444);
    CHECK(!adopt_snapshot(world.store(), world.snapshot.id()));
  }
  const RebuildReport report = rebuild_index(world.store());
  CHECK(report.trees == 1);
  CHECK(report.snapshots == 0);
  CHECK(report.skipped.size() == 1);
}

TEST_CASE("the newer answer to a request is kept, in whatever order snapshots are adopted") {
  Adopted world;
  Store& store = world.store();
  const TreeId b = world.add_tree("b", {{"site/b.py", "B"}});
  const SnapshotRecord newer = TreeWorld::record({{"b", b}});
  {
    Lease lease = TreeWorld::lease(store);
    place_snapshot(store, lease, newer, Layout::farm, RequestRow{"request", {}, "label", 6});
  }
  for (const bool newer_first : {true, false}) {
    world.lose_index();
    REQUIRE(adopt_snapshot(store, newer_first ? newer.id() : world.snapshot.id()));
    REQUIRE(adopt_snapshot(store, newer_first ? world.snapshot.id() : newer.id()));
    CHECK(store.index().read().request(fingerprint(as_bytes("request")))->snapshot == newer.id());
  }
}
