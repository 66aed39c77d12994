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

// Deletes snapshots, then the trees that no snapshot names any more, then their blobs. The
// caller holds gc.lock. Each step can be interrupted at any instruction: the next collection continues from
// the state of the rows and the disk. What cannot be removed is reported, and the sweep continues.
//
// Why nothing in use is deleted:
// - A snapshot is marked, moved away and loses its rows under its own lock; leased and rooted ones stay.
// - A tree loses its rows in a transaction that sees no snapshot naming it, and only if it is older than the
//   oldest ingest. An ingest that looked it up before finds its row gone when it writes the snapshot's row,
//   and fetches the tree again: the tree is then younger than that ingest, and stays.
// - A blob's row is erased in a transaction that sees none of its trees with a row, and none being recorded:
//   record_tree writes rows only under the tree's lock.
// - An object is unlinked when its row is absent, under locks/objects, which excludes record_tree.

/// What remains to be deleted of trees whose rows are erased.
struct GoneTrees {
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  struct Blob {
    BlobId id;
    std::uint32_t tree;  ///< position in `trees`; kNone: the tree that had it is not known
  };
  std::vector<TreeId> trees;
  std::vector<Blob> blobs;
  bool is_complete = true;  ///< false: a manifest could not be read, and its blobs must be searched for
};

using SweepProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Deletes those of `condemned` that were not taken back, and returns them; the caller fills
/// `report.taken_back` from the result. Adds the trees that they named to `trees`.
std::set<SnapshotId> sweep_snapshots(StoreWriter& store, const std::vector<SnapshotId>& condemned,
                                     GcReport& report, std::set<TreeId>& trees,
                                     const SweepProgress& progress);

/// Deletes those of `candidates` that no snapshot names and that no running ingest may have just made.
GoneTrees sweep_trees(StoreWriter& store, const std::set<TreeId>& candidates, GcReport& report,
                      const SweepProgress& progress);

/// Adds blobs that no tree has, and the links of blobs to trees without a row: an interrupted collection or
/// ingest left them.
void find_unnamed_blobs(StoreWriter& store, GoneTrees& gone);

/// Deletes the rows and objects of the blobs that no other tree has.
void sweep_blobs(StoreWriter& store, GoneTrees gone, GcReport& report, const SweepProgress& progress);

}  // namespace envstore
