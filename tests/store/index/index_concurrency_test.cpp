#include <doctest/doctest.h>
#include <sched.h>
#include <atomic>
#include <thread>

#include "skip.h"
#include "store/index/index.h"
#include "store/platform/error.h"
#include "store/platform/store_paths.h"
#include "tests/store/builders.h"
#include "tests/store/processes.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

namespace {

const BlobId kCounter = an_id<BlobId>("counter");

void count_up(Index& index) {
  Index::Write transaction = index.write();
  const auto row = transaction.blob(kCounter);
  transaction.put(kCounter, a_blob_row(row ? row->size + 1 : 1));
  transaction.commit();
}

void count_up_in_own_index(int root, int times) {
  Index index(root, Index::Access::read_write);
  for (int i = 0; i < times; ++i) count_up(index);
}

std::uint64_t counted(int root) {
  Index index(root, Index::Access::read_write);
  const auto row = index.read().blob(kCounter);
  return row ? row->size : 0;
}

}  // namespace

TEST_CASE(
    "20 processes that each count up 200 times, on a store that none of them finds made, lose nothing") {
  TemporaryDirectory directory;
  for (Child& child : children(20, [&](int) { count_up_in_own_index(directory.fd(), 200); }))
    CHECK(child.wait() == 0);
  CHECK(counted(directory.fd()) == 4000);
}

TEST_CASE("processes of two PID namespaces that increment a counter lose no update") {
  if (!can_enter_pid_namespace()) SKIP_TEST("this user may not make a PID namespace");
  TemporaryDirectory directory;
  std::vector<Child> outer = children(2, [&](int) {
    enter_pid_namespace();
    // The namespace's first process has to outlive the others, because they are killed when it ends.
    Child init([&] {
      for (Child& child : children(2, [&](int) { count_up_in_own_index(directory.fd(), 300); }))
        if (child.wait() != 0) throw std::runtime_error("failed inside the namespace");
    });
    if (init.wait() != 0) throw std::runtime_error("the namespace failed");
  });
  for (Child& child : outer) CHECK(child.wait() == 0);
  CHECK(counted(directory.fd()) == 1200);
}

TEST_CASE("threads of one process read and write at once without loss") {
  TemporaryDirectory directory;
  Index index(directory.fd(), Index::Access::read_write);
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&index, &failures] {
      std::uint64_t last = 0;
      for (int round = 0; round < 100; ++round) {
        count_up(index);
        const auto row = index.read().blob(kCounter);
        if (!row || row->size <= last) ++failures;
        last = row ? row->size : 0;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  CHECK(counted(directory.fd()) == 800);
}

TEST_CASE("increments during promotions are not lost") {
  TemporaryDirectory directory;
  std::vector<Child> writers = children(6, [&](int) { count_up_in_own_index(directory.fd(), 150); });
  std::vector<Child> promoters = children(3, [&](int) {
    Index index(directory.fd(), Index::Access::read_write);
    for (int i = 0; i < 15; ++i) index.promote(i % 2 == 0 ? Index::Wait::yes : Index::Wait::no);
  });
  for (Child& child : writers) CHECK(child.wait() == 0);
  for (Child& child : promoters) CHECK(child.wait() == 0);
  CHECK(counted(directory.fd()) == 900);
  Index index(directory.fd(), Index::Access::read_write);
  index.promote(Index::Wait::yes);
  CHECK(counted(directory.fd()) == 900);
}

TEST_CASE("a process killed at any moment leaves an index that works, with every committed row in it") {
  TemporaryDirectory directory;
  std::uint64_t total = 0;
  for (int round = 0; round < 40; ++round) {
    Pipe progress;
    {
      Child victim([&] {
        Index index(directory.fd(), Index::Access::read_write);
        while (true) {
          count_up(index);
          progress.tell();
          index.promote(Index::Wait::no);
        }
      });
      for (int i = 0; i < 1 + round % 5; ++i) progress.hear();
      victim.kill();
    }
    const std::uint64_t now = counted(directory.fd());
    CHECK(now >= total + 1 + static_cast<std::uint64_t>(round % 5));
    total = now;
    count_up_in_own_index(directory.fd(), 1);
    CHECK(counted(directory.fd()) == ++total);
  }
}

TEST_CASE("a stream of readers that never pauses lets a writer through") {
  TemporaryDirectory directory;
  count_up_in_own_index(directory.fd(), 1);
  Pipe started;
  std::vector<Child> readers = children(8, [&](int) {
    Index index(directory.fd(), Index::Access::read_write);
    static_cast<void>(index.read().blob(kCounter));
    started.tell();
    while (true) static_cast<void>(index.read().blob(kCounter));
  });
  for (int i = 0; i < 8; ++i) started.hear();
  count_up_in_own_index(directory.fd(), 50);
  for (const Child& reader : readers) reader.kill();
  for (Child& reader : readers) CHECK(reader.wait() == 128 + SIGKILL);
  CHECK(counted(directory.fd()) == 51);
}

TEST_CASE("a writer waits for a reader's transaction to end") {
  TemporaryDirectory directory;
  Index index(directory.fd(), Index::Access::read_write);
  count_up(index);
  Pipe about_to_write, wrote;
  auto reading = std::make_unique<Index::Read>(index.read());
  Child writer([&] {
    about_to_write.tell();
    count_up_in_own_index(directory.fd(), 1);
    wrote.tell();
  });
  about_to_write.hear();
  CHECK(reading->blob(kCounter)->size == 1);
  CHECK(reading->blob(kCounter)->size == 1);
  reading.reset();
  wrote.hear();
  CHECK(writer.wait() == 0);
  CHECK(counted(directory.fd()) == 2);
}

TEST_CASE("the index may not be used in a forked child, whose end does not free the parent's lock") {
  TemporaryDirectory directory;
  Index index(directory.fd(), Index::Access::read_write);
  count_up(index);
  auto writing = std::make_unique<Index::Write>(index.write());
  Child child([&] {
    writing.reset();
    try {
      static_cast<void>(index.read());
    } catch (const std::logic_error&) {
      return;
    }
    throw std::runtime_error("the child was let in");
  });
  CHECK(child.wait() == 0);
  Pipe about_to_write;
  Child other([&] {
    about_to_write.tell();
    count_up_in_own_index(directory.fd(), 1);
  });
  about_to_write.hear();
  const auto row = writing->blob(kCounter);
  writing->put(kCounter, a_blob_row(row->size + 10));
  writing->commit();
  writing.reset();
  CHECK(other.wait() == 0);
  CHECK(counted(directory.fd()) == 12);
}

TEST_CASE("a second transaction inside the first one of a thread is a logic error") {
  TemporaryDirectory directory;
  Index index(directory.fd(), Index::Access::read_write);
  const Index::Read outer = index.read();
  CHECK_THROWS_AS(index.read(), std::logic_error);
  CHECK_THROWS_AS(index.write(), std::logic_error);
}

TEST_CASE("a lock file that a cleaner of old files removed is created again, and still excludes") {
  TemporaryDirectory directory;
  Index index(directory.fd(), Index::Access::read_write);
  count_up(index);
  remove_tree(directory.fd(), store_paths::kLocks);
  std::vector<Child> others = children(4, [&](int) { count_up_in_own_index(directory.fd(), 100); });
  for (int i = 0; i < 100; ++i) count_up(index);
  for (Child& child : others) CHECK(child.wait() == 0);
  CHECK(counted(directory.fd()) == 501);
}
