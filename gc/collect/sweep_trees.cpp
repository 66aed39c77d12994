#include <algorithm>

#include "gc/census/live_leases.h"
#include "gc/collect/sweep.h"
#include "gc/collect/trash.h"
#include "store/objects/tree.h"
#include "store/objects/tree_rows.h"
#include "store/platform/error.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

constexpr std::size_t kTreesABatch = 32;

/// Links to a snapshot without a row do not count: a damaged record left them.
bool is_named(Index::Read& rows, const TreeId& id) {
  const std::vector<SnapshotId> snapshots = rows.snapshots_of(id);
  return std::any_of(snapshots.begin(), snapshots.end(),
                     [&](const SnapshotId& snapshot) { return rows.snapshot(snapshot).has_value(); });
}

class TreeSweep {
 public:
  TreeSweep(StoreWriter& store, GcReport& report) : store_(store), report_(report), trash_(store, report) {}

  void sweep(const std::vector<TreeId>& ids) {
    std::vector<FileLock> locks;
    std::vector<TreeId> free;
    for (const TreeId& id : ids)
      if (lock(id, locks))
        free.push_back(id);
      else
        ++report_.left_trees;
    const std::vector<TreeId> dropped = drop_rows(free);
    for (const TreeId& id : dropped) {
      note_blobs(id);
      if (!trash_.take(store_paths::tree(id))) continue;
      trash_.take(store_paths::slots(id));
      ++report_.deleted_trees;
    }
    locks.clear();
    held_.clear();
    trash_.empty();
  }

  GoneTrees gone() { return std::move(gone_); }

 private:
  /// False: another process is making this tree or one with the same lock; it is left to the next collection.
  bool lock(const TreeId& id, std::vector<FileLock>& locks) {
    const std::string name = store_paths::tree_lock(id);
    if (held_.contains(name)) return true;
    auto lock = FileLock::attempt(store_.root(), name, LockMode::exclusive);
    if (!lock) return false;
    held_.insert(name);
    locks.push_back(std::move(*lock));
    return true;
  }

  std::vector<TreeId> drop_rows(const std::vector<TreeId>& ids) {
    std::vector<TreeId> dropped;
    if (ids.empty()) return dropped;
    const std::int64_t oldest_without_row = oldest_held_ingest_ns(store_);
    Index::Write rows = store_.index().durable_write();
    const std::int64_t now_ns = store_.clock().now().time_since_epoch().count();
    const std::int64_t oldest_ingest = std::min(oldest_ingest_ns(rows, now_ns), oldest_without_row);
    for (const TreeId& id : ids) {
      const auto tree = rows.tree(id);
      if (!tree || is_named(rows, id)) continue;
      if (tree->made_at_ns >= oldest_ingest) {
        ++report_.left_trees;
        continue;
      }
      const auto wheel = rows.wheel(tree->wheel);
      if (wheel && wheel->tree == id) rows.erase(tree->wheel);
      for (const SnapshotId& snapshot : rows.snapshots_of(id)) rows.unlink_tree_from_snapshot(id, snapshot);
      rows.erase(id);
      dropped.push_back(id);
    }
    if (!dropped.empty() && !rows.document(kSweptDocument))
      rows.put_document(kSweptDocument, {.etag = {},
                                         .fetched_at_ns = std::numeric_limits<std::int64_t>::max(),
                                         .fresh_until_ns = 0,
                                         .body = {}});
    rows.commit();
    return dropped;
  }

  void note_blobs(const TreeId& id) {
    const auto position = static_cast<std::uint32_t>(gone_.trees.size());
    gone_.trees.push_back(id);
    try {
      const TreeManifest manifest = TreeManifest::load(store_, id);
      for (const TreeEntry& entry : manifest.entries())
        if (entry.size > 0) gone_.blobs.push_back({entry.blob, position});
    } catch (const Error&) {
      gone_.is_complete = false;
    }
  }

  StoreWriter& store_;
  GcReport& report_;
  Trash trash_;
  GoneTrees gone_;
  std::set<std::string> held_;
};

}  // namespace

GoneTrees sweep_trees(StoreWriter& store, const std::set<TreeId>& candidates, GcReport& report,
                      const SweepProgress& progress) {
  TreeSweep sweep(store, report);
  const std::vector<TreeId> ids(candidates.begin(), candidates.end());
  for (std::size_t next = 0; next < ids.size();) {
    const std::size_t end = std::min(ids.size(), next + kTreesABatch);
    sweep.sweep(
        {ids.begin() + static_cast<std::ptrdiff_t>(next), ids.begin() + static_cast<std::ptrdiff_t>(end)});
    next = end;
    progress(next, ids.size());
  }
  return sweep.gone();
}

}  // namespace envstore
