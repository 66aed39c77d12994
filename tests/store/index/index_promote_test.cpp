#include <doctest/doctest.h>

#include <map>

#include "index_world.h"
#include "store/index/index.h"
#include "store/platform/store_paths.h"
#include "tests/store/builders.h"

using namespace envstore;

namespace {

struct World : IndexWorld {
  std::map<std::string, std::uint64_t> blobs() {
    std::map<std::string, std::uint64_t> all;
    std::string last;
    index.read().each_blob([&](const BlobId& id, const BlobRow& row) {
      CHECK(id.hex() > last);
      last = id.hex();
      return all.emplace(last, row.size).second;
    });
    return all;
  }
};

}  // namespace

TEST_CASE("a promotion of several batches carries every row and every erasure") {
  World world;
  std::map<std::string, std::uint64_t> expected;
  for (const int round : {1, 2, 3}) {
    world.write([&](Index::Write& transaction) {
      for (int i = round * 900; i < round * 900 + 2500; ++i) {
        const BlobId id = a_blob(std::to_string(i));
        if (i % (round + 2) == 0) {
          transaction.erase(id);
          expected.erase(id.hex());
        } else {
          transaction.put(id, a_blob_row(static_cast<std::uint64_t>(i) * static_cast<std::uint64_t>(round)));
          expected[id.hex()] = static_cast<std::uint64_t>(i) * static_cast<std::uint64_t>(round);
        }
      }
    });
    CHECK(world.blobs() == expected);
    world.index.promote(Index::Wait::yes);
    CHECK_FALSE(world.index.has_unpromoted());
    CHECK(world.blobs() == expected);
    world.fail_power();
    CHECK(world.blobs() == expected);
  }
}

TEST_CASE("last uses alone never make a run wait for the disk, but reach it with a promotion that waits") {
  World world;
  world.write([](Index::Write& transaction) { transaction.put_last_use(a_snapshot("a"), 42); });
  CHECK_FALSE(world.index.has_unpromoted());
  CHECK(world.index.read().last_use_ns(a_snapshot("a")) == 42);
  SUBCASE("no wait") {
    world.index.promote(Index::Wait::no);
    world.fail_power();
    CHECK_FALSE(world.index.read().last_use_ns(a_snapshot("a")));
  }
  SUBCASE("wait") {
    world.index.promote(Index::Wait::yes);
    world.fail_power();
    CHECK(world.index.read().last_use_ns(a_snapshot("a")) == 42);
  }
}

TEST_CASE("leases and condemnations end with the boot, deleting does not") {
  World world;
  world.write([](Index::Write& transaction) {
    transaction.put_lease("lease", {});
    transaction.put_fate(a_snapshot("condemned"), {.fate = Fate::condemned});
  });
  Index::Write durable = world.index.durable_write();
  durable.put_fate(a_snapshot("deleting"), {.fate = Fate::deleting});
  durable.commit();
  world.index.promote(Index::Wait::yes);
  CHECK(world.index.read().fate(a_snapshot("condemned")));
  world.fail_power();
  CHECK_FALSE(world.index.read().lease("lease"));
  CHECK_FALSE(world.index.read().fate(a_snapshot("condemned")));
  CHECK(world.index.read().fate(a_snapshot("deleting"))->fate == Fate::deleting);
}

TEST_CASE("a durable write outlives the power cut that follows it, and outranks what the boot had") {
  World world;
  world.write([](Index::Write& transaction) {
    transaction.put_fate(a_snapshot("a"), {.fate = Fate::condemned});
    transaction.put_root("r", a_root("old"));
    transaction.put_root("gone", a_root("old"));
  });
  Index::Write durable = world.index.durable_write();
  durable.put_fate(a_snapshot("a"), {.fate = Fate::deleting});
  durable.put_root("r", a_root("new"));
  durable.erase_root("gone");
  CHECK(durable.root("r")->path == "new");
  durable.commit();
  CHECK(world.index.read().fate(a_snapshot("a"))->fate == Fate::deleting);
  CHECK(world.index.read().root("r")->path == "new");
  CHECK_FALSE(world.index.read().root("gone"));
  CHECK_FALSE(world.index.has_unpromoted());
  world.fail_power();
  CHECK(world.index.read().fate(a_snapshot("a"))->fate == Fate::deleting);
  CHECK(world.index.read().root("r")->path == "new");
  CHECK_FALSE(world.index.read().root("gone"));
}

TEST_CASE("an abandoned durable write changes nothing") {
  World world;
  {
    Index::Write durable = world.index.durable_write();
    durable.put_root("r", a_root("new"));
  }
  CHECK_FALSE(world.index.read().root("r"));
}

TEST_CASE("names of any length and with any bytes are kept apart") {
  World world;
  const std::string stem(4000, 'u');
  std::vector<std::string> names{
      "", std::string("a\0b", 3), std::string(400, 'u'), std::string(401, 'u'), stem + "1", stem + "2"};
  world.write([&](Index::Write& transaction) {
    for (const std::string& name : names) transaction.put_document(name, {.etag = name + "!", .body = ""});
  });
  std::size_t seen = 0;
  world.index.read().each_document([&](const std::string& name, const DocumentRow& row) {
    CHECK(row.etag == name + "!");
    return ++seen > 0;
  });
  CHECK(seen == names.size());
  for (const std::string& name : names) CHECK(world.index.read().document(name)->etag == name + "!");
}

TEST_CASE("reverse tables list each link once, from both sides, without those that were unlinked") {
  World world;
  world.write([](Index::Write& transaction) {
    transaction.link_blob_to_tree(a_blob("b"), a_tree("1"));
    transaction.link_blob_to_tree(a_blob("b"), a_tree("2"));
    transaction.link_blob_to_tree(a_blob("c"), a_tree("3"));
  });
  world.index.promote(Index::Wait::yes);
  world.write([](Index::Write& transaction) {
    transaction.link_blob_to_tree(a_blob("b"), a_tree("2"));
    transaction.link_blob_to_tree(a_blob("b"), a_tree("4"));
    transaction.unlink_blob_from_tree(a_blob("b"), a_tree("1"));
  });
  std::vector<TreeId> expected{a_tree("2"), a_tree("4")};
  std::sort(expected.begin(), expected.end());
  CHECK(world.index.read().trees_of(a_blob("b")) == expected);
  CHECK(world.index.read().snapshots_of(a_tree("2")).empty());
}

TEST_CASE("rows may be erased while they are listed") {
  World world;
  world.write([](Index::Write& transaction) {
    for (int i = 0; i < 500; ++i) transaction.put(a_blob(std::to_string(i)), a_blob_row(1));
  });
  world.index.promote(Index::Wait::yes);
  std::size_t seen = 0;
  world.write([&](Index::Write& transaction) {
    transaction.each_blob([&](const BlobId& id, const BlobRow&) {
      transaction.erase(id);
      return ++seen > 0;
    });
  });
  CHECK(seen == 500);
  CHECK(world.blobs().empty());
}
