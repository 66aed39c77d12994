#pragma once
#include <cstddef>
#include <functional>

#include "python/wheel/wheel.h"

namespace envstore {

/// Calls `job(0)` ... `job(count - 1)` in that order of starting, on the pool's threads and the calling one;
/// returns when all have ended. The first exception ends the batch (what has not started is skipped) and is
/// thrown here.
void run_batch(WorkPool& pool, std::uint64_t weight, std::size_t count,
               const std::function<void(std::size_t)>& job);

}  // namespace envstore
