#include <dirent.h>

#include "gc/repair/repair_parts.h"
#include "store/objects/tree_info.h"
#include "store/platform/error.h"
#include "store/snapshots/placement_names.h"

namespace envstore {
namespace {

/// Removes the markers that everything below is compiled: the next run compiles what is missing.
void drop_markers(StoreWriter& store, const std::string& owner) {
  const auto directory = try_open_directory(store.root(), owner);
  if (!directory) return;
  for (const ScannedName& name : scan_names(directory->get(), owner))
    if (name.type != DT_DIR && name.text.starts_with(store_paths::kCompletePrefix))
      unlink_if_there(directory->get(), name.text);
}

void drop_bytecode_in(Workbench& bench, const DerivedFiles& derived, const std::string& slot,
                      const std::string& source) {
  const auto directory = try_open_directory(bench.store.root(), slot);
  if (!directory) return;
  for (const ScannedName& name : scan_names(directory->get(), slot))
    if (derived.source_of(name.text) == source) bench.quarantine(directory->get(), name.text);
}

/// Drops the bytecode of `site/a/b.py`: in slot `n` of its tree, and in the slot of its directory in each
/// snapshot.
void drop_bytecode_of_source(Workbench& bench, const DerivedFiles& derived, const TreeId& id,
                             const TreeManifest& manifest, const std::string& path,
                             const std::vector<SnapshotId>& snapshots) {
  const std::size_t slash = path.rfind('/');
  const std::string directory = path.substr(0, slash);
  const std::string source(without_source_suffix(path).substr(slash + 1));
  const std::vector<std::string> directories = source_directories(manifest);
  const auto slot = std::lower_bound(directories.begin(), directories.end(), directory);
  drop_bytecode_in(bench, derived, store_paths::slots(id) + "/" + std::to_string(slot - directories.begin()),
                   source);
  const std::string below = directory.substr(std::string(store_paths::kTreeSite).size());
  for (const SnapshotId& snapshot : snapshots)
    drop_bytecode_in(bench, derived, snapshot_slot(snapshot, below), source);
}

}  // namespace

void repair_bytecode(Workbench& bench, const std::vector<DamageFound>& found) {
  const std::string below = std::string(store_paths::kSlots) + "/";
  for (const DamageFound& damage : found) {
    if (!damage.path.starts_with(below)) continue;
    bench.quarantine_path(damage.path);
    const std::string owner = damage.path.substr(0, damage.path.find('/', below.size()));
    drop_markers(bench.store, owner);
    if (damage.damage == Damage::foreign_bytecode) continue;
    if (damage.path == owner + "/" + store_paths::kSlotLedger)
      continue;  // made again by the next compilation
    make_directory_if_missing(bench.store.root(), owner, 0755);
    if (damage.path != owner) make_directory_if_missing(bench.store.root(), damage.path, 0555);
    for (const SnapshotId& snapshot : damage.affected.snapshots)
      drop_markers(bench.store, store_paths::slots(snapshot));
  }
}

void drop_bytecode_of(Verification& verification, Workbench& bench, const std::set<BlobId>& blobs,
                      const std::set<TreeId>& trees) {
  StoreWriter& store = verification.store;
  for (const TreeId& id : trees) {
    const std::vector<SnapshotId> snapshots = store.index().read().snapshots_of(id);
    const auto manifest = verification.manifest(id);
    bool has_dropped = false;
    for (const TreeEntry& entry : manifest->entries()) {
      if (!blobs.contains(entry.blob) || !entry.path.starts_with("site/") || !is_source(entry.path)) continue;
      drop_bytecode_of_source(bench, verification.derived, id, *manifest, entry.path, snapshots);
      has_dropped = true;
    }
    if (!has_dropped) continue;
    drop_markers(store, store_paths::slots(id));
    for (const SnapshotId& snapshot : snapshots) drop_markers(store, store_paths::slots(snapshot));
  }
}

}  // namespace envstore
