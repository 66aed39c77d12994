#pragma once
#include <cstdint>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "gc/collect/collect.h"
#include "store/index/store.h"

namespace envstore {

// Deletes snapshots, then the trees that nothing names any more, then their blobs (DESIGN section 8). The
// caller holds gc.lock. Each step may be cut short at any instruction: the next collection goes on from what
// the rows and the disk say. What cannot be removed is told in the report, and the rest goes on.
//
// Why nothing in use goes:
// - A snapshot is marked, moved away and loses its rows under its own lock; what is leased or rooted stays.
// - A tree loses its rows in a transaction that sees no snapshot naming it, and only if it is older than the
//   oldest ingest. Whoever looked it up before finds its row gone when it writes the snapshot's, and fetches
//   it again: by then it is younger than that ingest, and stays.
// - A blob's row goes in a transaction that sees none of its trees with a row, and none being recorded:
//   record_tree writes rows under the tree's lock alone.
// - An object is unlinked when its row is absent, under locks/objects, which shuts out record_tree.

/// What is left of trees whose rows are gone.
struct GoneTrees {
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  struct Blob {
    BlobId id;
    std::uint32_t tree;  ///< place in `trees`; kNone: no row says which tree had it
  };
  std::vector<TreeId> trees;
  std::vector<Blob> blobs;
  bool is_complete = true;  ///< false: a manifest could not be read, and its blobs must be searched for
};

using SweepProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Those of `condemned` that nobody has taken back; `report.taken_back` is the caller's to fill from the
/// result. Returns which were deleted. `trees`: those that they named.
std::set<SnapshotId> sweep_snapshots(Store& store, const std::vector<SnapshotId>& condemned, GcReport& report,
                                     std::set<TreeId>& trees, const SweepProgress& progress);

/// Those of `candidates` that no snapshot names and no ingest may have just made.
GoneTrees sweep_trees(Store& store, const std::set<TreeId>& candidates, GcReport& report,
                      const SweepProgress& progress);

/// Adds blobs that no tree with a row has: a collection or an ingest that died has left them.
void find_unnamed_blobs(Store& store, GoneTrees& gone);

/// Rows and objects of those that no other tree has.
void sweep_blobs(Store& store, GoneTrees gone, GcReport& report, const SweepProgress& progress);

}  // namespace envstore
