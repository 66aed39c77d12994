#include "python/wheel/buffer_pool.h"

#include <doctest/doctest.h>

using namespace envstore;

TEST_CASE("a buffer that was given back is lent again, the smallest that fits") {
  BufferPool pool;
  auto small = pool.take(10);
  auto large = pool.take(std::size_t{8} << 20);
  const std::byte* const small_at = small.bytes().data();
  const std::byte* const large_at = large.bytes().data();
  pool.give_back(std::move(large));
  pool.give_back(std::move(small));
  auto again = pool.take(100);
  CHECK(again.bytes().data() == small_at);
  CHECK(pool.take(std::size_t{4} << 20).bytes().data() == large_at);
  CHECK(pool.take(std::size_t{16} << 20).size() >= std::size_t{16} << 20);
}
