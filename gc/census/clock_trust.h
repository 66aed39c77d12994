#pragma once
#include <chrono>
#include <cstdint>

#include "store/index/store.h"

namespace envstore {

// A time in the future has one of two causes: the clock was ahead when it was written, or the clock is behind
// now. If the clock can be right, such times count as now, and are rewritten as now. If it cannot be right,
// they stay as they are, and nothing is removed because of its age.

/// Tolerated difference: clocks that are set over the network step back a little.
inline constexpr std::chrono::minutes kClockTolerance{1};
bool is_ahead(std::int64_t time_ns, std::int64_t now_ns);

/// False if now is before an event that is certainly past: the build of this program, or the last
/// collection of this store. A collection that finds the clock untrusted still records its own time, so the
/// next one may trust the clock again.
bool is_clock_trusted(const StoreReader& store);

}  // namespace envstore
