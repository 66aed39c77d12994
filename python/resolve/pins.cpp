#include "python/resolve/pins.h"

#include "store/snapshots/snapshot.h"

namespace envstore {

Pins pins_of(const StoreReader& store, const std::vector<SnapshotId>& snapshots) {
  Pins pins;
  Index::Read rows = store.index().read();
  for (const SnapshotId& id : snapshots) {
    const auto row = rows.snapshot(id);
    if (!row) continue;
    for (const SnapshotTree& tree : SnapshotRecord::parse(row->record).trees)
      if (auto version = pypackaging::Version::parse(tree.version)) pins.try_emplace(tree.name, *version);
  }
  return pins;
}

}  // namespace envstore
