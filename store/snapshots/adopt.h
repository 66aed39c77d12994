#pragma once
#include <optional>

#include "store/index/store.h"
#include "store/snapshots/snapshot.h"

namespace envstore {

struct RebuildReport {
  std::size_t trees = 0, snapshots = 0, requests = 0;
  std::vector<std::string> skipped;  ///< what could not be adopted, and why
};

/// Makes the rows of a tree that lies on disk without rows (another boot left it unpromoted): every blob is
/// hashed against the manifest. False: it is not there or not whole.
bool adopt_tree(Store& store, const TreeId& id);
bool adopt_snapshot(Store& store, const SnapshotId& id);
/// Makes the index anew, whatever state it is in: nothing of the old one is trusted but what no file tells
/// (roots, last uses, leases), where it can still be read. Then adopts everything. Runs and ingests may go on
/// beside it; collections wait.
RebuildReport rebuild_index(Store& store);
/// The same as adopt_tree and adopt_snapshot over everything; then promotes, and removes what other boots
/// left. Ends a rebuild that did not come to its end. The caller holds gc.lock.
RebuildReport adopt_all(Store& store);
/// A rebuild of an index that was begun anew did not come to its end: what has no row is not garbage.
bool is_rebuild_unfinished(Store& store);

}  // namespace envstore
