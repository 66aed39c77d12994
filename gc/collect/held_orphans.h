#pragma once
#include <vector>

#include "store/index/store.h"

namespace envstore {

/// Snapshots that lie on disk without a row although a lease names them, or their files tell of roots: the
/// index is older than the files, as a restored backup may be. The caller holds gc.lock.
struct HeldOrphans {
  std::vector<SnapshotId> leased, rooted;
  bool empty() const { return leased.empty() && rooted.empty(); }
};
HeldOrphans find_held_orphans(Store& store);

}  // namespace envstore
