#pragma once
#include <string>
#include <vector>

#include "store/index/store.h"
#include "store/snapshots/snapshot.h"

namespace envstore {

/// A source and the slot for what is derived from it.
struct PendingSource {
  StorePath source;  ///< in the layout, as programs use it
  StorePath slot;    ///< a directory of mode 0555: files get into it by SlotInstaller
};

/// The sources of a snapshot from which nothing was derived for its cache tag yet. Cheap if nothing is left
/// to do (markers).
std::vector<PendingSource> pending_sources(const StoreReader& store, const SnapshotRecord& record,
                                           Layout layout);
/// Notes that everything is derived from the snapshot's sources, for its cache tag.
void mark_slots_complete(StoreWriter& store, const SnapshotRecord& record);

/// True once mark_slots_complete was called for the snapshot. Costs one stat; every run calls this.
bool are_slots_complete(const StoreReader& store, const SnapshotId& id);

}  // namespace envstore
