#include <doctest/doctest.h>

#include "store/platform/error.h"
#include "tests/gc/collect_world.h"
#include "tests/store/processes.h"

using namespace envstore;
using namespace envstore::testing;

TEST_CASE("an object whose row went while it was taken is brought back by the ingest") {
  CollectWorld world;
  Store& store = world.store;
  const SnapshotId old = world.place_one("a");
  Lease ingest = TreeWorld::lease(store);
  TreeBuilder builder(store, ingest);
  builder.add("site/again.py", Executable::no, as_bytes("name = 'a'\n"));
  CHECK(collect_all(store).deleted_snapshots == 1);
  CHECK(!world.has_row(old));
  builder.commit(TreeWorld::info("again"));
  CHECK(is_there(store, object_of("name = 'a'\n")));
  CHECK(store.index().read().blob(BlobId{sha256(as_bytes("name = 'a'\n"))}));
}

TEST_CASE("ingests and runs continue while collections remove all that is not held") {
  CollectWorld world;
  world.folder.close();
  std::vector<Child> makers = children(3, [&](int number) {
    Store store = world.folder.open();
    for (int i = 0; i < 25; ++i) {
      Lease ingest = TreeWorld::lease(store);
      std::map<std::string, TreeId> trees;
      SnapshotRecord record;
      for (int attempt = 0;; ++attempt) {
        for (const std::string& name : {std::string("common"), "tree" + std::to_string((number + i) % 4)})
          trees[name] = TreeWorld::add_tree(store, ingest, name,
                                            {{"site/" + name + ".py", name}, {"site/same.py", "the same\n"}});
        record = TreeWorld::record(trees);
        try {
          place_snapshot(store, ingest, record, Layout::forest, std::nullopt);
          break;
        } catch (const Error&) {
          if (attempt > 4) throw;  // a collection has taken a tree: retry, as Provisioner does
        }
      }
      const auto run = Lease::acquire(store, LeaseKind::run, {record.id()}, "run");
      if (!run) throw std::runtime_error("what an ingest holds was refused");
      for (const auto& [name, id] : trees)
        if (read_file(store.root(), store_paths::tree(id) + "/site/" + name + ".py") != name ||
            read_file(store.root(), store_paths::snapshot(record.id(), Layout::forest) +
                                        "/lib/python3.11/site-packages/" + name + ".py") != name ||
            !is_there(store, object_of(name)) || !store.index().read().blob(BlobId{sha256(as_bytes(name))}))
          throw std::runtime_error("a file that is in use is gone");
    }
  });
  Child collector([&] {
    Store store = world.folder.open();
    for (int i = 0; i < 60; ++i)
      if (const GcReport report = collect_all(store); !report.failures.empty())
        throw std::runtime_error(report.failures.front());
  });
  for (Child& maker : makers) CHECK(maker.wait() == 0);
  CHECK(collector.wait() == 0);
  Store& store = world.folder.store();
  collect_all(store);
  CHECK(list_directory(store.root(), store_paths::kTrees).empty());
  CHECK(list_directory(store.root(), store_paths::kSnapshots).empty());
}
