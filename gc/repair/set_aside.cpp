#include <algorithm>

#include "gc/repair/repair_parts.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

std::vector<Fingerprint> requests_of(StoreWriter& store, const std::set<SnapshotId>& snapshots) {
  std::vector<Fingerprint> keys;
  store.index().read_in_slices().each_request([&](const Fingerprint& key, const RequestRow& row) {
    if (snapshots.contains(row.snapshot)) keys.push_back(key);
    return true;
  });
  return keys;
}

std::vector<WheelHash> wheels_of(StoreWriter& store, const std::set<TreeId>& trees) {
  std::vector<WheelHash> wheels;
  store.index().read_in_slices().each_wheel([&](const WheelHash& wheel, const WheelRow& row) {
    if (trees.contains(row.tree)) wheels.push_back(wheel);
    return true;
  });
  return wheels;
}

void erase_links_of(StoreWriter& store, const std::set<TreeId>& trees) {
  for (std::size_t shard = 0; shard < Ledger::kShards; ++shard) {
    std::vector<std::pair<BlobId, TreeId>> links;
    store.index().read_in_slices().each_tree_of_blobs_in(static_cast<std::uint8_t>(shard),
                                                         [&](const BlobId& blob, const TreeId& tree) {
                                                           if (trees.contains(tree))
                                                             links.emplace_back(blob, tree);
                                                           return true;
                                                         });
    if (links.empty()) continue;
    Index::Write write = store.index().write();
    for (const auto& [blob, tree] : links) write.unlink_blob_from_tree(blob, tree);
    write.commit();
  }
}

void erase_rows(StoreWriter& store, const SetAside& what) {
  const std::vector<Fingerprint> requests = requests_of(store, what.snapshots);
  const std::vector<WheelHash> wheels = wheels_of(store, what.trees);
  Index::Write write = store.index().durable_write();
  for (const Fingerprint& key : requests) write.erase_request(key);
  for (const SnapshotId& id : what.snapshots) {
    if (const auto row = write.snapshot(id)) {
      try {
        for (const SnapshotTree& tree : SnapshotRecord::parse(row->record).trees)
          write.unlink_tree_from_snapshot(tree.tree, id);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::damaged) throw;  // a record that cannot be read names no tree
      }
    }
    write.erase(id);
  }
  for (const WheelHash& wheel : wheels) write.erase(wheel);
  for (const TreeId& id : what.trees) write.erase(id);
  for (const BlobId& id : what.blobs) write.erase(id);
  write.commit();
}

}  // namespace

/// The files stay in place for programs that run with them; the next run moves them away when it makes them
/// again.
void set_aside(StoreWriter& store, Workbench& bench, SetAside what) {
  {
    Index::Read read = store.index().read();
    for (const BlobId& id : what.blobs)
      for (const TreeId& tree : read.trees_of(id)) what.trees.insert(tree);
    for (const TreeId& id : what.trees)
      for (const SnapshotId& snapshot : read.snapshots_of(id)) what.snapshots.insert(snapshot);
  }
  if (what.blobs.empty() && what.trees.empty() && what.snapshots.empty()) return;
  // Records first: a snapshot without a row must not be adopted from its record.
  for (const SnapshotId& id : what.snapshots) bench.quarantine_path(store_paths::snapshot_record(id));
  erase_rows(store, what);
  erase_links_of(store, what.trees);
  for (const BlobId& id : what.blobs) bench.quarantine_path(store_paths::object(id));
  for (const TreeId& id : what.trees) bench.quarantine_path(store_paths::slots(id));
  for (const SnapshotId& id : what.snapshots) bench.quarantine_path(store_paths::slots(id));
}

}  // namespace envstore
