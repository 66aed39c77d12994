#include <doctest/doctest.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <thread>

#include "python/provision/prepare.h"
#include "store/process/priority.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

TEST_CASE("background work, which takes the index's lock, runs at nice 5, not SCHED_IDLE") {
  const TemporaryDirectory folder;
  const SystemClock clock;
  Store store = Store::open(folder.path(), clock);
  const std::string plan = LaunchPlan().encode();
  const std::string hex = to_hex({reinterpret_cast<const std::uint8_t*>(plan.data()), plan.size()});
  const int nice = getpriority(PRIO_PROCESS, 0), policy = sched_getscheduler(0);
  std::thread([&] {  // in a thread, because a lowered priority cannot be raised again
    finish_run(store, hex, BytecodeMode::never);
    CHECK(getpriority(PRIO_PROCESS, 0) == std::max(nice, priority::kMildNice));
    CHECK(sched_getscheduler(0) == policy);
  })
      .join();
}
