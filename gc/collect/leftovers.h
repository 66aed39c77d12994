#pragma once
#include "gc/collect/collect.h"
#include "store/index/store.h"

namespace envstore {

/// Decides what without an owner is old enough to be removed: anything younger may be the work of a process
/// that has not written its rows yet.
struct LeftoverAge {
  std::int64_t now_ns = 0;
  /// Orphans last changed before this may be removed: the grace time has passed, and each running ingest
  /// began later.
  std::int64_t orphans_before_ns = 0;
  bool ages_mean_something = true;  ///< false: the clock went back, and nothing is removed by age
  bool is_clock_trusted = true;     ///< true: a time in the future counts as now, and the file is stamped so
};
LeftoverAge leftover_age(StoreWriter& store, const Policy& policy, const Census& census);

/// `time_ns`, or, if that is in the future and the clock is trusted, now; the file is then stamped with now.
std::int64_t settled_time_ns(StoreWriter& store, const std::string& path, std::int64_t time_ns,
                             const LeftoverAge& age);

/// Frees space without writing a row, so that a collection can begin on a full disk: removes trash, and
/// quarantine entries older than 30 days.
void remove_trash(StoreWriter& store, GcReport& report);

/// Removes scratch and tmp directories of leases that no longer exist (also of other boots), spare scratches
/// unused for a week (if snapshots were deleted: unused for the grace time), half-made indexes, and lock
/// files of wheels and requests that no process holds.
void remove_dead_work(StoreWriter& store, const LeftoverAge& age, GcReport& report);

/// Removes rows that nothing needs: requests and run cache entries of absent snapshots or files, wheels of
/// absent trees, documents fetched more than 90 days ago, facts about interpreters that no longer exist.
/// Ordinary transactions suffice: an erasure lost in a power cut is repeated by the next collection.
void remove_stale_rows(StoreWriter& store, const LeftoverAge& age, GcReport& report);

/// Removes objects, trees, layouts and bytecode that have no row and are old enough. Each is checked again
/// under the lock that its makers hold.
void remove_orphans(StoreWriter& store, const LeftoverAge& age, GcReport& report);

}  // namespace envstore
