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
  const char* step;  ///< "counting", "marking", "deleting", "clearing up"
  std::uint64_t done = 0, total = 0;
};

struct GcOptions {
  Policy policy;
  DryRun dry_run = DryRun::no;
  std::chrono::milliseconds lock_timeout{0};  ///< 0: do not wait; another gc at work is success
  std::function<void(const GcProgress&)> progress = {};
};

/// The result of a collection. `failures`: what could not be removed, and why; the collection goes on after
/// each.
struct GcReport {
  bool another_at_work = false;
  Census census;  ///< taken before anything is deleted
  GcPlan plan;
  std::vector<std::uint32_t> taken_back;  ///< planned to be deleted, but used again before that
  /// Could not be removed completely; the next collection continues with them.
  std::vector<std::uint32_t> left;
  /// Planned to be deleted, but a process without a lease was found to use it: it stays this time.
  struct StillInUse {
    std::uint32_t snapshot;  ///< position in Census::snapshots
    ProcessUse by;
  };
  std::vector<StillInUse> still_in_use;
  std::uint64_t deleted_snapshots = 0, deleted_trees = 0, deleted_blobs = 0, freed_bytes = 0;
  /// Trees in no snapshot that stay: a running ingest may be about to name them.
  std::uint64_t left_trees = 0;
  /// Snapshots whose times were in the future and were set to now.
  std::uint64_t settled_times = 0;
  std::uint64_t removed_leases = 0,
                removed_leftovers = 0;  ///< scratch, tmp, trash, orphans, documents, slots
  std::vector<std::string> failures;
};

/// Runs one collection, which can be interrupted at any instruction and run again. Takes
/// locks/gc.lock. Throws before anything is deleted if rows, leases or roots cannot be listed; Error{busy} if
/// the lock is not free in time; Error{permission} for a read-only store. Steps: promote, census, plan,
/// condemn (volatile), re-check and mark deleting (durable), sweep.
GcReport collect(StoreWriter& store, const GcOptions& options);

}  // namespace envstore
