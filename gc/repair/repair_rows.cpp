#include <algorithm>

#include "gc/repair/repair_parts.h"
#include "store/objects/tree_info.h"
#include "store/objects/tree_rows.h"
#include "store/platform/error.h"
#include "store/snapshots/adopt.h"
#include "store/snapshots/snapshot_file.h"

namespace envstore {
namespace {

constexpr std::size_t kRowsPerTransaction = 1000;

/// What cannot be repaired is found again by the examination that follows.
template <class Step>
void if_possible(Step step) {
  try {
    step();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::no_space || error.kind() == ErrorKind::busy) throw;
  }
}

void repair_manifest(Workbench& bench, const TreeId& id) {
  StoreWriter& store = bench.store;
  const auto manifest = recover_manifest(store, id);
  if (!manifest) return;
  const std::string made = bench.new_path();
  create_file(store.root(), made, manifest->compressed(), 0444);
  bench.put_at(made, store_paths::tree(id) + "/" + store_paths::kTreeManifest,
               Workbench::Keep::in_quarantine);
}

void repair_description(Workbench& bench, const TreeId& id) {
  const auto row = bench.store.index().read().tree(id);
  if (!row) return;
  const std::string made = bench.new_path();
  create_file(bench.store.root(), made, encode_tree_info(*row), 0444);
  bench.put_at(made, store_paths::tree(id) + "/" + store_paths::kTreeInfo, Workbench::Keep::in_quarantine);
}

std::vector<BlobId> linked_blobs(StoreWriter& store, const TreeId& id) {
  std::vector<BlobId> blobs;
  for (std::size_t shard = 0; shard < Ledger::kShards; ++shard)
    store.index().read_in_slices().each_tree_of_blobs_in(static_cast<std::uint8_t>(shard),
                                                         [&](const BlobId& blob, const TreeId& tree) {
                                                           if (tree == id) blobs.push_back(blob);
                                                           return true;
                                                         });
  return blobs;
}

/// Calls `change` for each value, in transactions of bounded size.
template <class Values, class Change>
void in_transactions(StoreWriter& store, const Values& values, Change change) {
  for (std::size_t next = 0; next < values.size();) {
    Index::Write write = store.index().write();
    const std::size_t end = std::min(values.size(), next + kRowsPerTransaction);
    for (; next < end; ++next) change(write, values[next]);
    write.commit();
  }
}

void repair_tree_row(Verification& verification, const TreeId& id) {
  StoreWriter& store = verification.store;
  auto row = store.index().read().tree(id);
  if (!row) {
    adopt_tree(store, id);
    return;
  }
  const auto manifest = verification.manifest(id);
  std::set<BlobId> wanted;
  for (const TreeEntry& entry : manifest->entries())
    if (entry.size != 0) wanted.insert(entry.blob);
  std::vector<BlobId> foreign = linked_blobs(store, id);
  std::erase_if(foreign, [&](const BlobId& blob) { return wanted.contains(blob); });
  in_transactions(store, foreign,
                  [&](Index::Write& write, const BlobId& blob) { write.unlink_blob_from_tree(blob, id); });
  in_transactions(store, std::vector<BlobId>(wanted.begin(), wanted.end()),
                  [&](Index::Write& write, const BlobId& blob) { write.link_blob_to_tree(blob, id); });
  describe_content(*row, *manifest);
  Index::Write write = store.index().write();
  write.put(id, *row);
  write.commit();
}

void repair_snapshot_row(StoreWriter& store, const SnapshotId& id) {
  const auto row = store.index().read().snapshot(id);
  try {
    if (row) {
      const SnapshotRecord record = SnapshotRecord::parse(row->record);
      if (record.id() == id) {
        Index::Write write = store.index().write();
        for (const SnapshotTree& tree : record.trees) write.link_tree_to_snapshot(tree.tree, id);
        write.commit();
        return;
      }
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::damaged) throw;
  }
  if (!read_snapshot_file(store, id)) return;
  if (row) {
    Index::Write write = store.index().write();
    write.erase(id);
    write.commit();
  }
  adopt_snapshot(store, id);
}

void repair_snapshot_file(StoreWriter& store, const SnapshotId& id) {
  const FileLock lock = lock_snapshot(store, id);
  const auto row = store.index().read().snapshot(id);
  if (!row) return;
  const SnapshotRecord record = SnapshotRecord::parse(row->record);
  note_request(store, record, std::nullopt);
  std::vector<RequestRow> requests;
  store.index().read_in_slices().each_request([&](const Fingerprint&, const RequestRow& request) {
    if (request.snapshot == id) requests.push_back(request);
    return true;
  });
  for (const RequestRow& request : requests) note_request(store, record, request);
}

bool is_manifest(const std::string& path) {
  return path.ends_with(std::string("/") + store_paths::kTreeManifest);
}

}  // namespace

void repair_rows_and_records(Verification& verification, Workbench& bench,
                             const std::vector<DamageFound>& found) {
  StoreWriter& store = verification.store;
  const auto is_record = [](const DamageFound& damage) {
    return damage.damage == Damage::damaged_manifest || damage.damage == Damage::missing;
  };
  for (const DamageFound& damage : found)
    if (is_record(damage) && damage.tree && !damage.blob && is_manifest(damage.path))
      if_possible([&] { repair_manifest(bench, *damage.tree); });
  for (const DamageFound& damage : found)
    if (damage.damage == Damage::damaged_row && !damage.blob && damage.tree)
      if_possible([&] { repair_tree_row(verification, *damage.tree); });
  for (const DamageFound& damage : found)
    if (is_record(damage) && damage.tree &&
        damage.path == store_paths::tree(*damage.tree) + "/" + store_paths::kTreeInfo)
      if_possible([&] { repair_description(bench, *damage.tree); });
  for (const DamageFound& damage : found) {
    if (!damage.snapshot || damage.path != store_paths::snapshot_record(*damage.snapshot)) continue;
    if_possible([&] {
      if (damage.damage == Damage::damaged_row)
        repair_snapshot_row(store, *damage.snapshot);
      else
        repair_snapshot_file(store, *damage.snapshot);
    });
  }
}

}  // namespace envstore
