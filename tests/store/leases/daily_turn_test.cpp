#include "store/leases/daily_turn.h"

#include <doctest/doctest.h>

#include "store/platform/lock.h"
#include "store/platform/store_paths.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

namespace {

struct FixedClock final : Clock {
  Timestamp now() const override { return Timestamp(time); }
  std::chrono::nanoseconds time = std::chrono::hours(500'000);
};

struct World {
  TemporaryDirectory directory;
  FixedClock clock;
  Store store = Store::open(directory.path() + "/store", clock);
};

}  // namespace

TEST_CASE("a new store begins to count, and the turn comes once a day") {
  World world;
  CHECK(is_daily_turn_due(world.store));
  CHECK(take_daily_turn(world.store) == DailyTurn::first);
  for (int day = 0; day < 3; ++day) {
    CHECK_FALSE(is_daily_turn_due(world.store));
    CHECK(take_daily_turn(world.store) == DailyTurn::not_due);
    world.clock.time += std::chrono::hours(23);
    CHECK_FALSE(is_daily_turn_due(world.store));
    world.clock.time += std::chrono::hours(2);
    CHECK(is_daily_turn_due(world.store));
    CHECK(take_daily_turn(world.store) == DailyTurn::taken);
  }
}

TEST_CASE("a turn from the future is due") {
  World world;
  CHECK(take_daily_turn(world.store) == DailyTurn::first);
  world.clock.time -= std::chrono::hours(2);
  CHECK(is_daily_turn_due(world.store));
  CHECK(take_daily_turn(world.store) == DailyTurn::taken);
  CHECK_FALSE(is_daily_turn_due(world.store));
}

TEST_CASE("a turn is one process's alone") {
  World world;
  CHECK(take_daily_turn(world.store) == DailyTurn::first);
  world.clock.time += std::chrono::hours(25);
  const FileLock other = FileLock::wait(world.store.root(), store_paths::kDailyTurn, LockMode::exclusive);
  CHECK(take_daily_turn(world.store) == DailyTurn::not_due);
}
