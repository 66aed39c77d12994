#pragma once
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace envstore {

/// Nice 19, SCHED_IDLE and idle I/O, for this process and what it starts: all others go first. A system that
/// refuses leaves the priorities as they are.
inline void yield_to_others() noexcept {
  const sched_param parameters{};
  constexpr int kIoPriorityWhoProcess = 1, kIoPriorityIdle = 3 << 13;
  sched_setscheduler(0, SCHED_IDLE, &parameters);
  setpriority(PRIO_PROCESS, 0, 19);
  syscall(SYS_ioprio_set, kIoPriorityWhoProcess, 0, kIoPriorityIdle);
}

}  // namespace envstore
