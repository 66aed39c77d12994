#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "gc/census.h"
#include "gc/policy.h"

namespace envstore {

// do not change the order: earlier outranks later
enum class KeptBy { lease, root, grace, keep_last, reserved, no_rule };
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
  std::vector<std::uint32_t> unused_trees;  ///< in no snapshot at all, older than the grace time
  std::uint64_t bytes_before = 0, bytes_after = 0;
  std::vector<MissedCap> missed;
  bool ages_skipped = false;  ///< the clock went backwards
};

/// What goes, and why. Pure. Caps are met with the snapshots used least recently, each counted with the bytes
/// that it alone frees by then; one that frees nothing is passed over for a cap.
GcPlan plan_gc(const Census& census, const Policy& policy);

/// The whole reasoning about one snapshot, for `gc --explain ID`: what holds it or lets it go, and when.
std::string explain(const Census& census, const Policy& policy, const GcPlan& plan, std::uint32_t snapshot);

}  // namespace envstore
