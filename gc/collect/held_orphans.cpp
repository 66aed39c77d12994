#include "gc/collect/held_orphans.h"

#include <set>

#include "store/index/lock_time_slice.h"
#include "store/platform/folders.h"
#include "store/platform/store_paths.h"
#include "store/snapshots/snapshot_file.h"

namespace envstore {
namespace {

std::set<SnapshotId> leased_snapshots(const StoreReader& store) {
  std::set<SnapshotId> leased;
  store.index().read().each_lease([&](const std::string&, const LeaseRow& lease) {
    leased.insert(lease.snapshots.begin(), lease.snapshots.end());
    return true;
  });
  return leased;
}

std::vector<SnapshotId> snapshots_on_disk(const StoreReader& store) {
  constexpr std::string_view kSuffix = ".json";
  std::vector<SnapshotId> found;
  for (const DirectoryEntry& entry : list_folder(store.root(), store_paths::kSnapshots)) {
    if (!entry.name.ends_with(kSuffix)) continue;
    const auto id =
        SnapshotId::parse(std::string_view(entry.name).substr(0, entry.name.size() - kSuffix.size()));
    if (id) found.push_back(*id);
  }
  return found;
}

std::vector<SnapshotId> without_row(const StoreReader& store, const std::vector<SnapshotId>& snapshots) {
  std::vector<SnapshotId> found;
  for (std::size_t next = 0; next < snapshots.size();) {
    const LockTimeSlice slice;
    Index::Read rows = store.index().read();
    for (; next < snapshots.size() && !slice.is_over(); ++next)
      if (!rows.snapshot(snapshots[next])) found.push_back(snapshots[next]);
  }
  return found;
}

}  // namespace

HeldOrphans find_held_orphans(const StoreReader& store) {
  const std::vector<SnapshotId> orphans = without_row(store, snapshots_on_disk(store));
  HeldOrphans held;
  if (orphans.empty()) return held;
  const std::set<SnapshotId> leased = leased_snapshots(store);
  for (const SnapshotId& id : orphans) {
    if (leased.contains(id)) {
      held.leased.push_back(id);
    } else if (const auto file = read_snapshot_file_if_whole(store, id); file && !file->roots.empty()) {
      held.rooted.push_back(id);
    }
  }
  return held;
}

}  // namespace envstore
