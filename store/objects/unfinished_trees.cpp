#include "store/objects/unfinished_trees.h"

#include "store/objects/tree.h"
#include "store/objects/tree_rows.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

std::vector<TreeId> trees_made_under(StoreWriter& store, const std::string& lease) {
  std::vector<TreeId> made;
  Index::Read rows = store.index().read();
  const auto own = rows.lease(lease);
  if (!own) return made;
  bool is_alone = true;
  rows.each_lease([&](const std::string& name, const LeaseRow& row) {
    if (row.kind == LeaseKind::ingest && name != lease) is_alone = false;
    return is_alone;
  });
  if (!is_alone) return made;
  rows.each_tree([&](const TreeId& id, const TreeRow& row) {
    if (row.made_at_ns >= own->made_at_ns && rows.snapshots_of(id).empty()) made.push_back(id);
    return true;
  });
  return made;
}

/// False: a snapshot refers to the tree by now.
bool drop_rows(StoreWriter& store, const TreeId& id, const TreeManifest& manifest) {
  Index::Write rows = store.index().write();
  const auto tree = rows.tree(id);
  if (!tree || !rows.snapshots_of(id).empty()) return false;
  if (const auto wheel = rows.wheel(tree->wheel); wheel && wheel->tree == id) rows.erase(tree->wheel);
  rows.erase(id);
  for (const TreeEntry& entry : manifest.entries()) {
    if (entry.size == 0) continue;
    rows.unlink_blob_from_tree(entry.blob, id);
    if (rows.trees_of(entry.blob).empty()) rows.erase(entry.blob);
  }
  rows.commit();
  return true;
}

void take_back(StoreWriter& store, const TreeId& id) {
  const FileLock lock = lock_tree(store, id);
  const TreeManifest manifest = TreeManifest::load(store, id);
  if (!drop_rows(store, id, manifest)) return;
  throw_away(store, store_paths::tree(id));
  throw_away(store, store_paths::slots(id));
  std::vector<BlobId> blobs;
  for (const TreeEntry& entry : manifest.entries())
    if (entry.size > 0) blobs.push_back(entry.blob);
  remove_unnamed_objects(store, std::move(blobs));
}

}  // namespace

void take_back_trees(StoreWriter& store, const Lease& ingest) noexcept {
  try {
    if (store.is_read_only()) return;
    for (const TreeId& id : trees_made_under(store, ingest.name())) take_back(store, id);
  } catch (...) {
    return;
  }
}

}  // namespace envstore
