#include "store/process/priority.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>

#include <algorithm>
#include <thread>

using namespace envstore;

namespace {

struct Standing {
  int nice = 0, policy = 0;
  long io = 0;
  bool operator==(const Standing&) const = default;
};
const Standing kLast{priority::kLastNice, SCHED_IDLE, priority::kIoIdle};

Standing standing_of(pid_t thread) {
  return {getpriority(PRIO_PROCESS, static_cast<id_t>(thread)), sched_getscheduler(thread),
          syscall(SYS_ioprio_get, priority::kIoProcess, thread)};
}

/// Runs `work` in a separate thread, because a thread cannot raise its priority again.
template <class Work>
void apart(Work work) {
  std::thread(work).join();
}

}  // namespace

TEST_CASE("a process that takes locks runs at nice 5, not SCHED_IDLE") {
  const int nice = getpriority(PRIO_PROCESS, 0), policy = sched_getscheduler(0);
  apart([&] {
    lower_priority();
    CHECK(standing_of(0) ==
          Standing{std::max(nice, priority::kMildNice), policy, priority::kIoBestEffortLast});
    CHECK(is_yielding());
  });
  CHECK(is_yielding() == (nice > 0));
}

TEST_CASE("lowering the priority never raises it") {
  apart([] {
    setpriority(PRIO_PROCESS, 0, 18);
    lower_priority();
    CHECK(getpriority(PRIO_PROCESS, 0) >= 18);
    yield_to_all();
    lower_priority();
    CHECK(standing_of(0) == kLast);
  });
}

TEST_CASE("work without locks runs at SCHED_IDLE, as a thread or a child") {
  apart([] {
    yield_to_all();
    CHECK(standing_of(0) == kLast);
  });
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const pid_t child = fork();
  if (child == 0) {
    char byte = 0;
    close(ends[1]);
    _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
  }
  REQUIRE(child > 0);
  yield_to_all(child);
  CHECK(standing_of(child) == kLast);
  CHECK_FALSE(standing_of(0) == kLast);
  close(ends[1]);
  close(ends[0]);
  CHECK(waitpid(child, nullptr, 0) == child);
}
