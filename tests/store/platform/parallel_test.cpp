#include "store/platform/parallel.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

using namespace envstore;

namespace {

/// The allocations that this thread may still make; negative: any number.
thread_local int allocations_left = -1;

void* allocate(std::size_t size) {
  if (allocations_left == 0) throw std::bad_alloc();
  if (allocations_left > 0) --allocations_left;
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

TEST_CASE("without memory for helpers the calling thread does the work, and the loop waits for all helpers") {
  constexpr std::size_t kCount = 64;
  constexpr int kBatch = 1;  // the first allocation is the batch itself: without it nothing starts
  for (int allowed = 0; allowed < 40; ++allowed) {
    CAPTURE(allowed);
    ThreadPool pool(3);
    std::vector<std::atomic<int>> counts(kCount);
    const std::function<void(std::size_t)> job = [&](std::size_t i) { ++counts[i]; };
    bool is_out_of_memory = false;
    allocations_left = allowed;
    try {
      for_each_in_parallel(pool, 1, kCount, job);
    } catch (const std::bad_alloc&) {
      is_out_of_memory = true;
    }
    allocations_left = -1;
    CHECK(is_out_of_memory == (allowed < kBatch));
    for (const auto& count : counts) CHECK(count == (is_out_of_memory ? 0 : 1));
  }
}
