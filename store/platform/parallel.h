#pragma once
#include <cstddef>
#include <functional>

#include "python/wheel/wheel.h"

namespace envstore {

/// Runs `job(0)` ... `job(count - 1)`, started in that order, on the pool's threads and the calling thread.
/// Returns when all have ended. The first exception skips the jobs that have not started and is rethrown
/// here.
void run_batch(WorkPool& pool, std::uint64_t weight, std::size_t count,
               const std::function<void(std::size_t)>& job);

}  // namespace envstore
