#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "gc/census/census.h"
#include "gc/collect/policy.h"

namespace envstore {

// In order of precedence. no_rule: no rule requires it to be deleted.
enum class KeptBy { lease, root, grace, keep_last, reserved, no_rule };
// Age applies whether or not the caps are met; among the caps, the reason is the first that is not met yet.
enum class GoesBy { age, max_size, min_free };

struct KeptSnapshot {
  std::uint32_t snapshot;  ///< position in Census::snapshots
  KeptBy why;
  std::string detail;  ///< for people: which lease or root, how long until grace ends
};

struct GoingSnapshot {
  std::uint32_t snapshot;
  GoesBy why;
  std::uint64_t freed_bytes = 0;  ///< what it frees after those before it in the plan's order
};

struct MissedCap {
  GoesBy cap;  ///< max_size or min_free
  std::uint64_t missing_bytes = 0;
};

struct GcPlan {
  std::vector<GoingSnapshot> going;  ///< least recently used first
  std::vector<KeptSnapshot> kept;
  /// Positions of the trees that are in no snapshot and older than the grace time. Empty while an ingest is
  /// live, which may be about to name them, and if the clock went backwards. Trees that only the snapshots in
  /// `going` name are not included.
  std::vector<std::uint32_t> unused_trees;
  /// Before: all that Census counts. After: without what is to be deleted, the unused trees, the snapshots
  /// that are already `deleting` (these are in neither list), and, unless an ingest is live, blobs that no
  /// tree has.
  std::uint64_t bytes_before = 0, bytes_after = 0;
  std::vector<MissedCap> missed;
  bool ages_skipped = false;  ///< the clock went backwards
  /// min-free could not be met with all that may be deleted, so only snapshots not used for a week are
  /// deleted for it.
  bool is_min_free_out_of_reach = false;
};

/// Decides which snapshots are deleted, and why. Pure. Caps are met with the least recently used snapshots,
/// each counted with the bytes that it alone frees at that point; a snapshot that frees only its layouts is
/// skipped until it is the last owner of something that it shares. If a cap cannot be met otherwise,
/// snapshots that free more only together are deleted together; then those that free only layouts, if that is
/// enough. If min-free cannot be met with all that may be deleted (other data fills the disk), only snapshots
/// not used for a week are deleted for it.
GcPlan plan_gc(const Census& census, const Policy& policy);

const char* name_of(KeptBy why);  ///< in JSON: `lease`, `root`, `grace`, `keep-last`, ...
const char* name_of(GoesBy why);  ///< `age`, `max-size`, `min-free`

/// Explains the decision about one snapshot, for `gc --explain ID`: what keeps it or lets it be deleted, and
/// when.
std::string explain(const Census& census, const Policy& policy, const GcPlan& plan, std::uint32_t snapshot);

}  // namespace envstore
