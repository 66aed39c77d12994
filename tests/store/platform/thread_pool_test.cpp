#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <stdexcept>

#include "python/wheel/batch.h"

using namespace envstore;

TEST_CASE("the biggest job that waits goes first, equals in order") {
  std::vector<int> order;
  std::promise<void> start;
  {
    WorkPool pool(1);
    pool.submit(99, [&] { start.get_future().wait(); });
    pool.submit(1, [&] { order.push_back(1); });
    pool.submit(5, [&] { order.push_back(5); });
    pool.submit(1, [&] { order.push_back(2); });
    start.set_value();
  }
  CHECK(order == std::vector<int>{5, 1, 2});
}

TEST_CASE("a batch runs every job once, with any number of threads") {
  for (const unsigned threads : {0u, 1u, 4u}) {
    WorkPool pool(threads);
    std::vector<std::atomic<int>> counts(1000);
    run_batch(pool, 1, counts.size(), [&](std::size_t i) { ++counts[i]; });
    for (const auto& count : counts) CHECK(count == 1);
    run_batch(pool, 1, 0, [](std::size_t) { FAIL("no job"); });
  }
}

TEST_CASE("the first exception ends a batch, and the pool goes on") {
  WorkPool pool(2);
  std::atomic<int> calls = 0;
  const auto failing = [&](std::size_t i) {
    ++calls;
    if (i == 3) throw std::runtime_error("third");
  };
  CHECK_THROWS_WITH(run_batch(pool, 1, 100'000, failing), "third");
  CHECK(calls < 100'000);
  std::atomic<int> after = 0;
  run_batch(pool, 1, 10, [&](std::size_t) { ++after; });
  CHECK(after == 10);
}

TEST_CASE("batches of several callers share the pool") {
  WorkPool pool(2);
  std::atomic<int> sum = 0;
  std::vector<std::future<void>> callers;
  for (int i = 0; i < 8; ++i)
    callers.push_back(
        std::async(std::launch::async, [&] { run_batch(pool, 1, 500, [&](std::size_t) { ++sum; }); }));
  for (auto& caller : callers) caller.get();
  CHECK(sum == 4000);
}

TEST_CASE("a buffer that was given back is lent again, the smallest that fits") {
  WorkPool pool(0);
  auto small = pool.take_buffer(10);
  auto large = pool.take_buffer(std::size_t{8} << 20);
  const std::byte* const small_at = small.bytes().data();
  const std::byte* const large_at = large.bytes().data();
  pool.give_back(std::move(large));
  pool.give_back(std::move(small));
  auto again = pool.take_buffer(100);
  CHECK(again.bytes().data() == small_at);
  CHECK(pool.take_buffer(std::size_t{4} << 20).bytes().data() == large_at);
  CHECK(pool.take_buffer(std::size_t{16} << 20).size() >= std::size_t{16} << 20);
}
