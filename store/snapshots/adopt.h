#pragma once
#include <optional>

#include "store/index/store.h"
#include "store/snapshots/snapshot.h"

namespace envstore {

struct RebuildReport {
  std::size_t trees = 0, snapshots = 0, requests = 0;
  std::vector<std::string> skipped;  ///< what could not be adopted, with the reason
};

/// Writes the rows of a tree that is on disk without rows (another boot left it unpromoted): every blob is
/// hashed and compared with the manifest. False: the tree is missing or incomplete.
bool adopt_tree(StoreWriter& store, const TreeId& id);
bool adopt_snapshot(StoreWriter& store, const SnapshotId& id);
/// Creates the index again, whatever state it is in. From the old index it takes only what is in no file
/// (roots, last uses, leases), where that can still be read. Then adopts everything. Runs and ingests may
/// continue at the same time; collections wait.
RebuildReport rebuild_index(StoreWriter& store);
/// The same as adopt_tree and adopt_snapshot over everything; then promotes, and removes the volatile
/// directories of other boots. Completes an interrupted rebuild. The caller holds gc.lock.
RebuildReport adopt_all(StoreWriter& store);
/// True while a rebuild of the index is in progress or was interrupted: files without a row are not garbage
/// then.
bool is_rebuild_unfinished(const StoreReader& store);

}  // namespace envstore
