#pragma once
#include <optional>

#include "store/snapshot.h"
#include "store/store.h"

namespace envstore {

struct RebuildReport {
  std::size_t trees = 0, snapshots = 0, requests = 0;
  std::vector<std::string> skipped;  ///< what could not be adopted, and why
};

/// Makes the rows of a tree that lies on disk without rows (another boot left it unpromoted): every blob is
/// hashed against the manifest. False: it is not there or not whole.
bool adopt_tree(Store& store, const TreeId& id);
bool adopt_snapshot(Store& store, const SnapshotId& id);
/// The same over everything, for a lost index; then promotes, and removes what other boots left. An index
/// that cannot be opened is begun anew; one that opens keeps its rows.
RebuildReport rebuild_index(Store& store);
/// A rebuild of an index that was begun anew did not come to its end: what has no row is not garbage.
bool is_rebuild_unfinished(Store& store);

}  // namespace envstore
