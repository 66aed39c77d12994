#pragma once
#include "calls.h"

namespace crash {

/// From here on this process, and all that it starts, stops for its tracer before the calls that `select` may
/// number, and before those that set a priority; no other call is slowed. False, with errno: no filter.
bool stop_before_calls(Select select);

}  // namespace crash
