#pragma once
#include <sys/types.h>
#include <cstdint>
#include <vector>

#include "calls.h"

namespace crash {

/// At the stop after an exec: hides the vDSO, so that the program reads the clock by system calls only.
void make_clock_a_call(pid_t thread);

/// Numbers of the calls that return the time of day.
std::vector<std::uint32_t> clock_calls();
/// Answers such a call instead of the kernel, with the time shifted by `seconds`. False: it is another call.
bool answer_the_time(pid_t thread, const Call& call, std::int64_t seconds);

}  // namespace crash
