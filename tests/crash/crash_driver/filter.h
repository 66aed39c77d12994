#pragma once
#include "calls.h"

namespace crash {

/// From here on this process and its descendants stop for their tracer before the calls that `select` may
/// number and before those that set a priority; no other call is slowed down. False, with errno: the filter
/// was not installed.
bool stop_before_calls(Select select);

}  // namespace crash
