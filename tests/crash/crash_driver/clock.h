#pragma once
#include <sys/types.h>
#include <cstdint>
#include <vector>

#include "calls.h"

namespace crash {

/// At the stop behind an exec: hides the kernel's clock that programs read without a call (vDSO), so that
/// each look at the time is a call.
void make_clock_a_call(pid_t thread);

/// Calls that tell the time of day.
std::vector<std::uint32_t> clock_calls();
/// Answers such a call in the kernel's place, by a clock that is off by `seconds`. False: it is none.
bool answer_the_time(pid_t thread, const Call& call, std::int64_t seconds);

}  // namespace crash
