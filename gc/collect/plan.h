#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "gc/census/census.h"
#include "gc/collect/policy.h"

namespace envstore {

// Earlier outranks later. no_rule: nothing asks it to go.
enum class KeptBy { lease, root, grace, keep_last, reserved, no_rule };
// What is too old goes whatever the caps say; of the caps the first that is not met yet is the reason.
enum class GoesBy { age, max_size, min_free };

struct KeptSnapshot {
  std::uint32_t snapshot;  ///< place in Census::snapshots
  KeptBy why;
  std::string detail;  ///< for people: which lease or root, how long until grace ends
};

struct GoingSnapshot {
  std::uint32_t snapshot;
  GoesBy why;
  std::uint64_t freed_bytes = 0;  ///< in the plan's order: what goes with it after those before it
};

struct MissedCap {
  GoesBy cap;  ///< max_size or min_free
  std::uint64_t missing_bytes = 0;
};

struct GcPlan {
  std::vector<GoingSnapshot> going;  ///< least recently used first
  std::vector<KeptSnapshot> kept;
  /// In no snapshot at all, older than the grace time. Empty while an ingest is live, which may be about to
  /// name them, and where the clock went backwards. What only the snapshots in `going` name is not in it.
  std::vector<std::uint32_t> unused_trees;
  /// Before: all that Census counts. After: without what goes, the unused trees, the snapshots that are
  /// `deleting` already (these stand in neither list), and, unless an ingest is live, blobs that no tree has.
  std::uint64_t bytes_before = 0, bytes_after = 0;
  std::vector<MissedCap> missed;
  bool ages_skipped = false;  ///< the clock went backwards
  /// min-free could not be met with all that may go, so only what was not used for a week goes for it.
  bool is_min_free_out_of_reach = false;
};

/// What goes, and why. Pure. Caps are met with the snapshots used least recently, each counted with the bytes
/// that it alone frees by then; one that frees nothing but its layouts is passed over for a cap, until what
/// it shares has no other owner. Snapshots that free more only together go together, if a cap cannot be met
/// otherwise; then those that free layouts alone, if that is enough. Where min-free cannot be met with all
/// that may go (others fill the disk), only what was not used for a week goes for it.
GcPlan plan_gc(const Census& census, const Policy& policy);

const char* name_of(KeptBy why);  ///< as it stands in JSON: `lease`, `root`, `grace`, `keep-last`, ...
const char* name_of(GoesBy why);  ///< `age`, `max-size`, `min-free`

/// The whole reasoning about one snapshot, for `gc --explain ID`: what holds it or lets it go, and when.
std::string explain(const Census& census, const Policy& policy, const GcPlan& plan, std::uint32_t snapshot);

}  // namespace envstore
