#include <doctest/doctest.h>

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <stdexcept>

#include "store/platform/error.h"
#include "store/platform/parallel.h"
#include "tests/store/processes.h"

using namespace envstore;

TEST_CASE("the biggest job that waits goes first, equals in order") {
  std::vector<int> order;
  std::promise<void> start;
  {
    ThreadPool pool(1);
    pool.post([&] { start.get_future().wait(); }, 99);
    pool.post([&] { order.push_back(1); }, 1);
    pool.post([&] { order.push_back(5); }, 5);
    pool.post([&] { order.push_back(2); }, 1);
    start.set_value();
  }
  CHECK(order == std::vector<int>{5, 1, 2});
}

TEST_CASE("a batch runs every job once, with any number of threads") {
  for (const unsigned threads : {0u, 1u, 4u}) {
    ThreadPool pool(threads);
    std::vector<std::atomic<int>> counts(1000);
    for_each_in_parallel(pool, 1, counts.size(), [&](std::size_t i) { ++counts[i]; });
    for (const auto& count : counts) CHECK(count == 1);
    for_each_in_parallel(pool, 1, 0, [](std::size_t) { FAIL("no job"); });
  }
}

TEST_CASE("the first exception ends a batch, and the pool goes on") {
  ThreadPool pool(2);
  std::atomic<int> calls = 0;
  const auto failing = [&](std::size_t i) {
    ++calls;
    if (i == 3) throw std::runtime_error("third");
  };
  CHECK_THROWS_WITH(for_each_in_parallel(pool, 1, 100'000, failing), "third");
  CHECK(calls < 100'000);
  std::atomic<int> after = 0;
  for_each_in_parallel(pool, 1, 10, [&](std::size_t) { ++after; });
  CHECK(after == 10);
}

TEST_CASE("batches of several callers share the pool") {
  ThreadPool pool(2);
  std::atomic<int> sum = 0;
  std::vector<std::future<void>> callers;
  for (int i = 0; i < 8; ++i)
    callers.push_back(std::async(std::launch::async,
                                 [&] { for_each_in_parallel(pool, 1, 500, [&](std::size_t) { ++sum; }); }));
  for (auto& caller : callers) caller.get();
  CHECK(sum == 4000);
}

TEST_CASE("a pool without threads leaves the jobs to its callers") {
  ThreadPool pool(0);
  const auto caller = std::this_thread::get_id();
  std::thread::id ran_on;
  pool.post([&] { ran_on = std::this_thread::get_id(); });
  CHECK(ran_on == caller);
}

TEST_CASE("where no thread can be started the work is done nevertheless") {
  // A stack that no address space can hold. An exception of a failed start would end the child.
  Child limited([] {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, std::size_t{1} << 60);
    if (pthread_setattr_default_np(&attributes) != 0) _exit(2);
    int sum = 0;
    {
      ThreadPool pool(4);
      for (int i = 0; i < 10; ++i) pool.post([&] { ++sum; });
    }
    for_each_in_parallel(4, 10, [&](std::size_t) { ++sum; });
    bool was_told = false;
    try {
      ThreadPool(1).require_thread();
    } catch (const Error&) {
      was_told = true;
    }
    _exit(sum == 20 && was_told ? 0 : 3);
  });
  CHECK(limited.wait() == 0);
}

TEST_CASE("threads are started as jobs come, and a waiting thread takes the next job") {
  ThreadPool pool(8);
  std::promise<std::thread::id> first, second;
  pool.post([&] { first.set_value(std::this_thread::get_id()); });
  CHECK(first.get_future().get() != std::this_thread::get_id());
  pool.post([&] { second.set_value(std::this_thread::get_id()); });
  CHECK(second.get_future().get() != std::this_thread::get_id());
  pool.require_thread();
}

TEST_CASE("there is at least one processor, and no more than the limit") {
  CHECK(core_count(1) == 1);
  CHECK(core_count(64) >= 1);
}
