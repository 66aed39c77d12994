#include "store/leases/daily_turn.h"

#include <fcntl.h>
#include <chrono>

#include "store/platform/lock.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

constexpr std::int64_t kDay = std::chrono::nanoseconds(std::chrono::hours(24)).count();
constexpr std::int64_t kTolerance = std::chrono::nanoseconds(std::chrono::minutes(1)).count();

std::int64_t now_ns(const StoreReader& store) {
  return store.clock().now().time_since_epoch().count();
}

bool is_due(std::int64_t last_ns, std::int64_t now) {
  return last_ns < now - kDay || last_ns > now + kTolerance;
}

std::optional<std::int64_t> last_turn_ns(const StoreReader& store) {
  const auto stamp = stat_at(store.root(), store_paths::kDailyTurn, Links::do_not_follow);
  if (!stamp) return std::nullopt;
  return stamp->mtime_ns;
}

}  // namespace

bool is_daily_turn_due(const StoreReader& store) {
  const auto last = last_turn_ns(store);
  return !last || is_due(*last, now_ns(store));
}

DailyTurn take_daily_turn(StoreWriter& store) {
  const bool is_first = !last_turn_ns(store);
  const auto lock = FileLock::attempt(store.root(), store_paths::kDailyTurn, LockMode::exclusive);
  if (!lock) return DailyTurn::not_due;
  const std::int64_t now = now_ns(store);
  const auto last = last_turn_ns(store);
  if (!is_first && last && !is_due(*last, now)) return DailyTurn::not_due;
  set_mtime(store.root(), store_paths::kDailyTurn, now);
  return is_first ? DailyTurn::first : DailyTurn::taken;
}

}  // namespace envstore
