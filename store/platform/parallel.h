#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>

#include "store/platform/thread_pool.h"

namespace envstore {

/// Runs `job(0)` ... `job(count - 1)`, started in that order, on the pool's threads and the calling thread.
/// Returns when all have ended. The first exception skips the jobs that have not started and is rethrown
/// here. `weight`: the priority of the helpers in the pool.
void for_each_in_parallel(ThreadPool& pool, std::uint64_t weight, std::size_t count,
                          const std::function<void(std::size_t)>& job);
/// The same on at most `threads` threads of its own, the calling one included.
void for_each_in_parallel(unsigned threads, std::size_t count, const std::function<void(std::size_t)>& job);

}  // namespace envstore
