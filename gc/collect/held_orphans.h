#pragma once
#include <vector>

#include "store/index/store.h"

namespace envstore {

/// Snapshots on disk without a row that a lease names, or whose files record roots. The index is then older
/// than the files, as after restoring a backup. The caller holds gc.lock.
struct HeldOrphans {
  std::vector<SnapshotId> leased, rooted;
  bool empty() const { return leased.empty() && rooted.empty(); }
};
HeldOrphans find_held_orphans(const StoreReader& store);

}  // namespace envstore
