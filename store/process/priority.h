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

/// For a background process that takes locks of the store, and for its children: it yields to other
/// processes, but not to all of them. A process that waits for such a lock also waits until the lock's holder
/// gets the processor and the disk: with two busy programs per core, two seconds if the holder is SCHED_IDLE.
/// If the system refuses, the priorities stay as they are.
inline void lower_priority() noexcept {
  setpriority(PRIO_PROCESS, 0, std::max(getpriority(PRIO_PROCESS, 0), priority::kMildNice));
  const long io = syscall(SYS_ioprio_get, priority::kIoProcess, 0);  // a larger value is a lower priority
  syscall(SYS_ioprio_set, priority::kIoProcess, 0, std::max(io, priority::kIoBestEffortLast));
}

/// For work that takes no lock: SCHED_IDLE, nice 19 and idle I/O, so every other process goes first.
/// `thread`: a thread of this process or of one that it started; 0: the calling thread.
inline void yield_to_all(pid_t thread = 0) noexcept {
  const sched_param parameters{};
  sched_setscheduler(thread, SCHED_IDLE, &parameters);
  setpriority(PRIO_PROCESS, static_cast<id_t>(thread), priority::kLastNice);
  syscall(SYS_ioprio_set, priority::kIoProcess, thread, priority::kIoIdle);
}

/// True if this thread has lowered its priority.
inline bool is_yielding() noexcept {
  return getpriority(PRIO_PROCESS, 0) > 0;
}

}  // namespace envstore
