#include <doctest/doctest.h>
#include <atomic>
#include <chrono>
#include <random>
#include <set>
#include <thread>

#include "index_world.h"
#include "store/index/index.h"
#include "store/index/index_key.h"
#include "store/index/index_transaction.h"
#include "store/index/row_codec.h"
#include "store/platform/lock.h"
#include "store/platform/store_paths.h"
#include "tests/store/builders.h"
#include "tests/store/processes.h"

using namespace envstore;

namespace {

struct World : IndexWorld {
  FileLock turn() {
    make_directory_if_missing(directory.fd(), store_paths::kLocks, 0700);
    return FileLock::wait(directory.fd(), store_paths::kDurableLock, LockMode::exclusive);
  }
  /// Does what a durable writer does before it publishes. No transaction of this process may be open.
  void commit_unpublished(const BlobId& id, const BlobRow& row) {
    const auto durable =
        index::Environment::open(directory.fd(), store_paths::kIndex, index::Environment::Mode::synced);
    index::Transaction transaction(durable, index::Transaction::Kind::write);
    transaction.put(index::key_of(index::Table::blobs, id), encode(row));
    transaction.commit();
  }
};

/// Repeats `work` on a thread of its own until the object is destroyed.
class Meanwhile {
 public:
  explicit Meanwhile(std::function<void()> work)
      : thread_([this, work = std::move(work)] {
          do {
            work();
            ++rounds_;
          } while (!stop_);
        }) {}
  Meanwhile(const Meanwhile&) = delete;
  Meanwhile& operator=(const Meanwhile&) = delete;
  ~Meanwhile() { end(); }
  void end() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  int rounds() const { return rounds_; }

 private:
  std::atomic<bool> stop_ = false;
  std::atomic<int> rounds_ = 0;
  std::thread thread_;
};

}  // namespace

TEST_CASE("reads and ordinary writes go on while a durable commit waits for the disk") {
  World world;
  world.write([](Index::Write& rows) { rows.put(a_blob("a"), a_blob_row(1)); });
  world.index.promote(Index::Wait::yes);
  const FileLock commit_at_work = world.turn();
  world.write([](Index::Write& rows) { rows.put(a_blob("b"), a_blob_row(2)); });
  CHECK(world.index.read().blob(a_blob("a"))->size == 1);
  CHECK(world.index.read().blob(a_blob("b"))->size == 2);
  Index other(world.directory.fd(), Index::Access::read_write);
  CHECK(other.read().blob(a_blob("a")));
  CHECK(other.has_unpromoted());
}

TEST_CASE("a durable commit whose writer died before it was published is what the next reader sees") {
  World world;
  world.write([](Index::Write& rows) { rows.put(a_blob("a"), a_blob_row(1)); });
  world.index.promote(Index::Wait::yes);
  world.commit_unpublished(a_blob("a"), a_blob_row(7));
  CHECK(world.index.read().blob(a_blob("a"))->size == 7);
  world.commit_unpublished(a_blob("b"), a_blob_row(8));
  world.write([](Index::Write& rows) { CHECK(rows.blob(a_blob("b"))->size == 8); });
}

TEST_CASE("a reader that finds an unpublished commit waits for the writer") {
  World world;
  world.write([](Index::Write& rows) { rows.put(a_blob("a"), a_blob_row(1)); });
  world.index.promote(Index::Wait::yes);
  Pipe committed, may_end;
  Child writer([&] {
    World& parent = world;
    const FileLock turn = parent.turn();
    parent.commit_unpublished(a_blob("a"), a_blob_row(2));
    committed.tell();
    may_end.hear();
    parent.commit_unpublished(a_blob("a"), a_blob_row(3));  // the only value that the reader may see
  });
  committed.hear();
  std::atomic<bool> has_read = false;
  std::uint64_t seen = 0;
  std::thread reader([&] {
    seen = world.index.read().blob(a_blob("a"))->size;
    has_read = true;
  });
  const auto late = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  while (!has_read && std::chrono::steady_clock::now() < late) std::this_thread::yield();
  may_end.tell();
  CHECK(writer.wait() == 0);
  reader.join();
  CHECK(seen == 3);
}

TEST_CASE("a row that is written again during the syncfs is durable before any row that names it") {
  World world;
  Index writer(world.directory.fd(), Index::Access::read_write);
  std::atomic<int> last = 0;
  const auto put = [&](int number, std::uint64_t size, bool with_tree) {
    Index::Write rows = writer.write();
    rows.put(a_blob(std::to_string(number)), a_blob_row(size));
    if (with_tree) rows.put(a_tree(std::to_string(number)), {});
    rows.commit();
  };
  Meanwhile writes([&] {
    const int number = last;
    put(number, 1, true);
    for (int older = std::max(0, number - 20); older <= number; ++older) put(older, 2, false);
    ++last;
  });
  std::size_t durable_trees = 0;
  while (durable_trees < 30) {
    world.index.promote(Index::Wait::yes);
    const auto durable = index::Environment::open(world.directory.fd(), store_paths::kIndex,
                                                  index::Environment::Mode::read_only);
    index::Transaction rows(durable, index::Transaction::Kind::read);
    durable_trees = 0;
    for (int number = 0; number < last; ++number) {
      if (!rows.get(index::key_of(index::Table::trees, a_tree(std::to_string(number))))) continue;
      ++durable_trees;
      CHECK(rows.get(index::key_of(index::Table::blobs, a_blob(std::to_string(number)))));
    }
  }
}

TEST_CASE("what is erased while a promotion carries it stays erased") {
  World world;
  Index writer(world.directory.fd(), Index::Access::read_write);
  std::set<std::string> expected;
  std::mt19937 random(7);
  unsigned last = 0;
  const auto put_one_and_erase_an_older_one = [&] {
    const BlobId older = a_blob(std::to_string(last - random() % 300));
    const BlobId next = a_blob(std::to_string(++last));
    Index::Write rows = writer.write();
    rows.put(next, a_blob_row(1));
    rows.erase(older);
    rows.commit();
    expected.insert(next.hex());
    expected.erase(older.hex());
  };
  Meanwhile writes(put_one_and_erase_an_older_one);
  while (writes.rounds() < 1500) {
    world.index.promote(Index::Wait::yes);
    world.index.promote_erasures();
  }
  writes.end();
  const auto blobs = [&] {
    std::set<std::string> all;
    world.index.read().each_blob(
        [&](const BlobId& id, const BlobRow&) { return all.insert(id.hex()).second; });
    return all;
  };
  CHECK(blobs() == expected);
  world.index.promote(Index::Wait::yes);
  world.fail_power();
  CHECK(blobs() == expected);
}

TEST_CASE("durable writes of many processes to one row are lost by none, and survive the power cut") {
  World world;
  constexpr int kWriters = 4, kTimes = 25;
  std::vector<Child> writers = children(kWriters, [&](int) {
    Index index(world.directory.fd(), Index::Access::read_write);
    for (int i = 0; i < kTimes; ++i) {
      Index::Write rows = index.durable_write();
      const auto row = rows.root("counter");
      rows.put_root("counter", a_root(std::to_string(row ? std::stoi(row->path) + 1 : 1)));
      rows.commit();
    }
  });
  std::vector<Child> promoters = children(2, [&](int) {
    Index index(world.directory.fd(), Index::Access::read_write);
    for (int i = 0; i < 10; ++i) index.promote(Index::Wait::yes);
  });
  for (Child& child : writers) CHECK(child.wait() == 0);
  for (Child& child : promoters) CHECK(child.wait() == 0);
  world.fail_power();
  CHECK(world.index.read().root("counter")->path == std::to_string(kWriters * kTimes));
}

TEST_CASE("erasures reach the disk without the rows that wait for promotion") {
  World world;
  world.write([](Index::Write& rows) {
    rows.put(a_blob("goes"), a_blob_row(1));
    rows.put(a_blob("stays"), a_blob_row(1));
  });
  world.index.promote(Index::Wait::yes);
  world.write([](Index::Write& rows) {
    rows.erase(a_blob("goes"));
    rows.put(a_blob("waits"), a_blob_row(1));
  });
  world.index.promote_erasures();
  CHECK(world.index.has_unpromoted());
  world.fail_power();
  CHECK_FALSE(world.index.read().blob(a_blob("goes")));
  CHECK(world.index.read().blob(a_blob("stays")));
  CHECK_FALSE(world.index.read().blob(a_blob("waits")));
}
