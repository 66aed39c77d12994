#include "gc/collect/leftovers.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>

#include "gc/census/clock_trust.h"
#include "gc/census/live_leases.h"
#include "gc/collect/trash.h"
#include "store/platform/error.h"
#include "store/platform/folders.h"
#include "store/platform/lock.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;

constexpr std::int64_t kHour = nanoseconds(hours(1)).count();
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kSpareLife = 7 * kDay, kQuarantineLife = 30 * kDay;
constexpr std::size_t kLeaseName = 32;

std::int64_t now_ns(StoreWriter& store) {
  return store.clock().now().time_since_epoch().count();
}

/// When the entry last changed. nullopt: another process has just removed it.
std::optional<std::int64_t> changed_ns(StoreWriter& store, const std::string& path, const LeftoverAge& age) {
  const auto stamp = stat_at(store.root(), path, Links::do_not_follow);
  if (!stamp) return std::nullopt;
  return settled_time_ns(store, path, std::max(stamp->ctime_ns, stamp->mtime_ns), age);
}

void each_entry(StoreWriter& store, const std::string& folder, GcReport& report,
                const std::function<bool(const std::string& name, const std::string& path)>& removes) {
  for (const DirectoryEntry& entry : list_folder(store.root(), folder)) {
    try {
      if (removes(entry.name, folder + "/" + entry.name)) ++report.removed_leftovers;
    } catch (const Error& error) {
      report.failures.emplace_back(error.what());
    }
  }
}

bool remove_older(StoreWriter& store, const std::string& path, std::int64_t before_ns,
                  const LeftoverAge& age) {
  const auto changed = changed_ns(store, path, age);
  if (!changed || *changed >= before_ns) return false;
  remove_tree(store.root(), path);
  return true;
}

bool is_lease_name(const std::string& name) {
  return name.size() == kLeaseName && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// True if the lease has neither a lock file nor a row. If the file was deleted from outside, the row stays
/// until the boot ends.
bool is_lease_gone(StoreWriter& store, const std::string& name) {
  return !stat_at(store.root(), store_paths::lease(name), Links::do_not_follow) &&
         !store.index().read().lease(name);
}

/// Moves it away first: a run may be about to claim it.
bool remove_spare(StoreWriter& store, const std::string& path, std::int64_t before_ns, const LeftoverAge& age,
                  GcReport& report) {
  const auto changed = changed_ns(store, path, age);
  if (!changed || *changed >= before_ns) return false;
  Trash trash(store, report);
  const bool is_taken = trash.take(path);
  trash.empty();
  return is_taken;
}

/// Each wheel and each request has a lock file of its own. Other lock files are few, and stay.
void remove_free_locks(StoreWriter& store, GcReport& report) {
  each_entry(store, store_paths::kLocks, report, [&](const std::string& name, const std::string& path) {
    if (!name.starts_with(store_paths::kWheelLockPrefix) &&
        !name.starts_with(store_paths::kRequestLockPrefix))
      return false;
    if (const auto lock = FileLock::attempt(store.root(), path, LockMode::exclusive))
      unlink_if_there(store.root(), path);
    return false;
  });
}

}  // namespace

LeftoverAge leftover_age(StoreWriter& store, const Policy& policy, const Census& census) {
  const std::int64_t now = now_ns(store);
  std::int64_t oldest = oldest_held_ingest_ns(store);
  // Anything without a row may belong to these leases.
  if (!census.unknown_leases.empty() || !census.stray_leases.empty())
    oldest = std::numeric_limits<std::int64_t>::min();
  const bool is_trusted = is_clock_trusted(store);
  Index::Read rows = store.index().read();
  return {.now_ns = now,
          .orphans_before_ns = std::min({now - policy.grace.count(), oldest, oldest_ingest_ns(rows, now)}),
          .ages_mean_something = !census.clock_went_back,
          .is_clock_trusted = is_trusted};
}

std::int64_t settled_time_ns(StoreWriter& store, const std::string& path, std::int64_t time_ns,
                             const LeftoverAge& age) {
  if (!age.is_clock_trusted || !is_ahead(time_ns, age.now_ns)) return time_ns;
  utimensat(store.root(), path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
  return age.now_ns;
}

void remove_trash(StoreWriter& store, GcReport& report) {
  const LeftoverAge age{.now_ns = now_ns(store), .is_clock_trusted = is_clock_trusted(store)};
  const std::int64_t now = age.now_ns;
  each_entry(store, store_paths::kTrash, report, [&](const std::string& name, const std::string& path) {
    // Another process may still be working on what it has just moved here.
    const bool is_own = name.starts_with(Trash::kPrefix);
    if (!is_own) return remove_older(store, path, now - kHour, age);
    remove_tree(store.root(), path);
    return true;
  });
  each_entry(store, store_paths::kQuarantine, report, [&](const std::string&, const std::string& path) {
    return remove_older(store, path, now - kQuarantineLife, age);
  });
}

void remove_dead_work(StoreWriter& store, const LeftoverAge& age, GcReport& report) {
  const std::int64_t spares_before = report.deleted_snapshots > 0
                                         ? age.orphans_before_ns
                                         : std::min(age.orphans_before_ns, age.now_ns - kSpareLife);
  each_entry(store, store_paths::kScratch, report, [&](const std::string& name, const std::string& path) {
    if (name.starts_with(store_paths::kSparePrefix))
      return age.ages_mean_something && remove_spare(store, path, spares_before, age, report);
    if (is_lease_name(name) ? !is_lease_gone(store, name) : !age.ages_mean_something) return false;
    if (!is_lease_name(name)) return remove_older(store, path, age.now_ns - kDay, age);
    remove_tree(store.root(), path);
    return true;
  });
  each_entry(store, store_paths::kTmp, report, [&](const std::string& name, const std::string& path) {
    if (is_lease_name(name)) {
      if (!is_lease_gone(store, name)) return false;
      remove_tree(store.root(), path);
      return true;
    }
    return age.ages_mean_something && remove_older(store, path, age.now_ns - kHour, age);
  });
  remove_free_locks(store, report);
}

}  // namespace envstore
