#pragma once
#include <chrono>
#include <cstdint>

#include "store/index/store.h"

namespace envstore {

// Times of the future mean one of two things: the clock was ahead when they were written, or it is behind
// now. A clock that can be right settles them (they count as now, and are written so); one that cannot be
// right settles nothing, and nothing goes by its age.

/// Clocks that are set by the network step back a little.
inline constexpr std::chrono::minutes kClockTolerance{1};
bool is_ahead(std::int64_t time_ns, std::int64_t now_ns);

/// False: `now` is before something that lies behind us: the making of this program, or the last collection
/// of this store. The collection that saw it notes its own time, so the next one may find the clock right.
bool is_clock_trusted(Store& store);

}  // namespace envstore
