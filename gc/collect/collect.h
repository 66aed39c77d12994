#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gc/census/in_use.h"
#include "gc/collect/plan.h"
#include "store/index/store.h"

namespace envstore {

enum class DryRun { no, yes };
struct GcProgress {
  const char* step;  ///< "counting", "marking", "deleting"
  std::uint64_t done = 0, total = 0;
};

struct GcOptions {
  Policy policy;
  DryRun dry_run = DryRun::no;
  std::chrono::milliseconds lock_timeout{0};  ///< 0: another gc at work is success
  std::function<void(const GcProgress&)> progress = {};
};

/// What became of it. `failures`: what could not be removed, and why; the rest went on.
struct GcReport {
  bool another_at_work = false;
  Census census;  ///< before
  GcPlan plan;
  std::vector<std::uint32_t> taken_back;  ///< planned to go, and used again before they were deleted
  std::vector<std::uint32_t> left;  ///< could not be removed whole; the next collection goes on with them
  /// Planned to go, and a process without a lease was seen to use it: it stays this time.
  struct StillInUse {
    std::uint32_t snapshot;  ///< place in Census::snapshots
    ProcessUse by;
  };
  std::vector<StillInUse> still_in_use;
  std::uint64_t deleted_snapshots = 0, deleted_trees = 0, deleted_blobs = 0, freed_bytes = 0;
  std::uint64_t left_trees = 0;  ///< that no snapshot names: an ingest at work may be about to
  /// Times from the future that were set to now: of snapshots.
  std::uint64_t settled_times = 0;
  std::uint64_t removed_leases = 0,
                removed_leftovers = 0;  ///< scratch, tmp, trash, orphans, documents, slots
  std::vector<std::string> failures;
};

/// One collection (DESIGN section 8), restartable at any instruction. Takes locks/gc.lock. Throws before
/// anything is removed when rows, leases or roots cannot be listed; Error{busy} when the lock cannot be had
/// in time. Steps: promote, census, plan, condemn (volatile), re-check and mark deleting (durable), sweep.
GcReport collect(Store& store, const GcOptions& options);

}  // namespace envstore
