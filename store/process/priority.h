#pragma once
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>

namespace envstore {

namespace priority {
inline constexpr int kMildNice = 5, kLastNice = 19;
inline constexpr int kIoProcess = 1;
inline constexpr long kIoBestEffortLast = 2 << 13 | 7, kIoIdle = 3 << 13;
}  // namespace priority

/// For a process in the background that takes the store's locks, and what it starts: it goes behind others,
/// but not behind all of them. Who waits for a lock that it holds waits as long as it waits for the processor
/// and the disk: beside two busy programs a core, two seconds where it is SCHED_IDLE. A system that refuses
/// leaves the priorities as they are.
inline void lower_priority() noexcept {
  setpriority(PRIO_PROCESS, 0, std::max(getpriority(PRIO_PROCESS, 0), priority::kMildNice));
  const long io = syscall(SYS_ioprio_get, priority::kIoProcess, 0);  // a larger number goes later
  syscall(SYS_ioprio_set, priority::kIoProcess, 0, std::max(io, priority::kIoBestEffortLast));
}

/// For what takes no lock: SCHED_IDLE, nice 19 and idle I/O, all others go first. `thread`: of this process
/// or one that it started; 0: the calling one.
inline void yield_to_all(pid_t thread = 0) noexcept {
  const sched_param parameters{};
  sched_setscheduler(thread, SCHED_IDLE, &parameters);
  setpriority(PRIO_PROCESS, static_cast<id_t>(thread), priority::kLastNice);
  syscall(SYS_ioprio_set, priority::kIoProcess, thread, priority::kIoIdle);
}

/// Whether this thread has given up some of its priority.
inline bool is_yielding() noexcept {
  return getpriority(PRIO_PROCESS, 0) > 0;
}

}  // namespace envstore
