#include <algorithm>
#include <map>

#include "gc/collect/mark.h"
#include "gc/collect/sweep.h"
#include "gc/collect/trash.h"
#include "store/platform/error.h"
#include "store/platform/store_paths.h"
#include "store/snapshots/snapshot.h"
#include "store/snapshots/snapshot_file.h"

namespace envstore {
namespace {

/// A batch waits for the disk twice. It is small enough that a run that waits for one of its locks hardly
/// notices.
constexpr std::size_t kSnapshotsABatch = 32;

class SnapshotSweep {
 public:
  SnapshotSweep(StoreWriter& store, GcReport& report, std::set<TreeId>& trees)
      : store_(store), report_(report), trees_(trees), trash_(store, report) {}

  /// `locks`: those of all `ids`.
  void sweep(const std::vector<SnapshotId>& ids, std::vector<FileLock> locks) {
    std::vector<SnapshotId> moved;
    for (const SnapshotId& id : mark_deleting(store_, ids))
      if (move_away(id)) moved.push_back(id);
    drop_rows(moved);
    locks.clear();
    deleted_.insert(moved.begin(), moved.end());
    report_.deleted_snapshots += moved.size();
    trash_.empty();
  }

  std::set<SnapshotId> deleted() { return std::move(deleted_); }

 private:
  bool move_away(const SnapshotId& id) {
    const std::string parts[] = {store_paths::snapshot(id, Layout::farm),
                                 store_paths::snapshot(id, Layout::forest), store_paths::slots(id),
                                 store_paths::snapshot_record(id)};
    return std::all_of(std::begin(parts), std::end(parts),
                       [&](const std::string& part) { return trash_.take(part); });
  }

  void drop_rows(const std::vector<SnapshotId>& ids) {
    if (ids.empty()) return;
    Index::Write rows = store_.index().durable_write();
    for (const SnapshotId& id : ids) {
      for (const TreeId& tree : trees_of(rows, id)) {
        rows.unlink_tree_from_snapshot(tree, id);
        trees_.insert(tree);
      }
      rows.erase(id);
      rows.erase_fate(id);
    }
    rows.commit();
  }

  static std::vector<TreeId> trees_of(Index::Read& rows, const SnapshotId& id) {
    std::vector<TreeId> trees;
    const auto row = rows.snapshot(id);
    if (!row) return trees;
    try {
      for (const SnapshotTree& tree : SnapshotRecord::parse(row->record).trees) trees.push_back(tree.tree);
    } catch (const Error&) {
      return trees;  // damaged record: its reverse rows stay, and do not count without the snapshot's row
    }
    return trees;
  }

  StoreWriter& store_;
  GcReport& report_;
  std::set<TreeId>& trees_;
  Trash trash_;
  std::set<SnapshotId> deleted_;
};

std::string lock_name(const SnapshotId& id) {
  return store_paths::snapshot_lock(id);
}

/// The locks of a batch, each once. No process waits for one of them while it holds another, so all free ones
/// may be held together; a snapshot whose lock is taken is swept later.
struct Batch {
  std::vector<SnapshotId> ids;
  std::map<std::string, FileLock> locks;

  bool add(StoreWriter& store, const SnapshotId& id) {
    const std::string name = lock_name(id);
    if (!locks.contains(name)) {
      auto lock = FileLock::attempt(store.root(), name, LockMode::exclusive);
      if (!lock) return false;
      locks.emplace(name, std::move(*lock));
    }
    ids.push_back(id);
    return true;
  }
  std::vector<FileLock> take_locks() {
    std::vector<FileLock> taken;
    for (auto& [name, lock] : locks) taken.push_back(std::move(lock));
    return taken;
  }
};

}  // namespace

std::set<SnapshotId> sweep_snapshots(StoreWriter& store, const std::vector<SnapshotId>& condemned,
                                     GcReport& report, std::set<TreeId>& trees,
                                     const SweepProgress& progress) {
  SnapshotSweep sweep(store, report, trees);
  std::vector<SnapshotId> busy;
  std::uint64_t done = 0;
  for (std::size_t next = 0; next < condemned.size();) {
    Batch batch;
    const std::size_t end = std::min(condemned.size(), next + kSnapshotsABatch);
    for (; next < end; ++next)
      if (!batch.add(store, condemned[next])) busy.push_back(condemned[next]);
    done += batch.ids.size();
    if (!batch.ids.empty()) sweep.sweep(batch.ids, batch.take_locks());
    progress(done, condemned.size());
  }
  for (const SnapshotId& id : busy) {
    std::vector<FileLock> lock;
    lock.push_back(lock_snapshot(store, id));
    sweep.sweep({id}, std::move(lock));
    progress(++done, condemned.size());
  }
  return sweep.deleted();
}

}  // namespace envstore
