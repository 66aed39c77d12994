#pragma once
#include "gc/collect/collect.h"
#include "store/index/store.h"

namespace envstore {

/// From when on something without an owner may go: what is younger may be the work of a process that has not
/// written its rows yet.
struct LeftoverAge {
  std::int64_t now_ns = 0;
  std::int64_t orphans_before_ns = 0;  ///< older than the grace time, the oldest ingest and this collection
  bool ages_mean_something = true;     ///< false: the clock went back, and nothing goes by age
  bool is_clock_trusted = true;        ///< what is from the future counts as made now, and is stamped so
};
LeftoverAge leftover_age(Store& store, const Policy& policy, const Census& census);

/// The time, unless it is from the future and the clock can be right: then now, and the file is stamped so.
std::int64_t settled_time_ns(Store& store, const std::string& path, std::int64_t time_ns,
                             const LeftoverAge& age);

/// What frees space without a row being written, so that a collection can begin on a full disk: trash, and
/// quarantine older than 30 days.
void remove_trash(Store& store, GcReport& report);

/// Scratch and tmp of leases that are no more (also of other boots), spare scratches unused for a week (after
/// snapshots went: unused for the grace time), half-made indexes, lock files of wheels and requests that
/// nobody holds.
void remove_dead_work(Store& store, const LeftoverAge& age, GcReport& report);

/// Rows that nothing needs: requests and memos of absent snapshots or files, wheels of absent trees,
/// documents fetched more than 90 days ago, facts of interpreters that are no more. Ordinary transactions:
/// losing an erasure in a power cut costs nothing.
void remove_stale_rows(Store& store, const LeftoverAge& age, GcReport& report);

/// Objects, trees, layouts and bytecode without a row, once they are old enough. Each is looked at again
/// under the lock that its makers hold.
void remove_orphans(Store& store, const LeftoverAge& age, GcReport& report);

}  // namespace envstore
