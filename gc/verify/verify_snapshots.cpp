#include <algorithm>
#include <mutex>
#include <set>

#include "gc/verify/comparison.h"
#include "gc/verify/verify_bytecode.h"
#include "store/platform/error.h"
#include "store/platform/parallel.h"
#include "store/snapshots/snapshot_file.h"

// Checks every snapshot that has a row and is not `deleting`: its record, its layouts, and its links in the
// index.

namespace envstore {
namespace {

class SnapshotExamination {
 public:
  SnapshotExamination(Verification& verification, const SnapshotId& id, const SnapshotRow& row)
      : verification_(verification), store_(verification.store), id_(id), row_(row) {}

  std::vector<DamageFound> run() {
    const std::optional<SnapshotRecord> record = read_record();
    if (!record) return std::move(found_);
    check_file();
    if (!check_trees(*record)) return std::move(found_);
    for (const Layout layout : row_.layouts) examine_layout(*record, layout);
    return std::move(found_);
  }

 private:
  void add(Damage damage, std::string path, std::string detail) {
    add({.damage = damage, .path = std::move(path), .detail = std::move(detail)});
  }
  void add(DamageFound damage) {
    damage.snapshot = id_;
    found_.push_back(std::move(damage));
  }

  std::optional<SnapshotRecord> read_record() {
    try {
      SnapshotRecord record = SnapshotRecord::parse(row_.record);
      if (record.id() == id_) return record;
    } catch (const Error&) {
      // reported below
    }
    add(Damage::damaged_row, store_paths::snapshot_record(id_),
        "the record in the index is not the snapshot's");
    return std::nullopt;
  }

  void check_file() {
    const std::string path = store_paths::snapshot_record(id_);
    try {
      if (!read_snapshot_file(store_, id_)) add(Damage::missing, path, "the snapshot's record is missing");
    } catch (const Error& error) {
      add(Damage::damaged_manifest, path, error.what());
    }
  }

  /// False: a tree cannot be read, which is reported with the tree.
  bool check_trees(const SnapshotRecord& record) {
    bool are_there = true;
    Index::Read read = store_.index().read();
    for (const SnapshotTree& tree : record.trees) {
      const std::string path = store_paths::tree(tree.tree);
      if (!read.tree(tree.tree)) {
        DamageFound damage{.damage = Damage::damaged_row, .path = path};
        damage.detail = "a snapshot needs the tree, and the index has no row of it";
        damage.tree = tree.tree;
        add(std::move(damage));
        are_there = false;
        continue;
      }
      const std::vector<SnapshotId> linked = read.snapshots_of(tree.tree);
      if (std::find(linked.begin(), linked.end(), id_) == linked.end())
        add(Damage::damaged_row, store_paths::snapshot_record(id_),
            "the index does not link the snapshot to its tree of " + tree.name);
    }
    return are_there;
  }

  void examine_layout(const SnapshotRecord& record, Layout layout) {
    const std::string path = store_paths::snapshot(id_, layout);
    const auto stamp = stat_at(store_.root(), path, Links::do_not_follow);
    if (!stamp || !stamp->is_directory())
      return add(stamp ? Damage::wrong_kind : Damage::missing, path, "the whole layout is missing");
    try {
      const std::vector<LayoutTree> trees = verification_.trees_of(record);
      const LayoutPlan plan = plan_layout(record, trees, layout);
      compare(path, plan, trees);
      for (DamageFound& damage : examine_snapshot_bytecode(verification_, id_, plan, trees))
        add_once(std::move(damage));
    } catch (const Error& error) {
      // A manifest that cannot be read is reported with its tree.
      if (error.kind() != ErrorKind::damaged && error.kind() != ErrorKind::not_found) throw;
    }
  }

  void compare(const std::string& path, const LayoutPlan& plan, const std::vector<LayoutTree>& trees) {
    Comparison(verification_, [&](const Deviation& deviation) {
      DamageFound damage{.damage = deviation.damage, .path = deviation.path, .detail = deviation.detail};
      if (deviation.expected != nullptr && deviation.expected->tree != nullptr)
        damage.tree = *deviation.expected->tree;
      if (deviation.expected != nullptr && deviation.expected->entry != nullptr)
        damage.blob = deviation.expected->entry->blob;
      add(std::move(damage));
      return false;
    }).run(path, expected_of_layout(plan, trees));
  }

  /// Both layouts share the snapshot's slots.
  void add_once(DamageFound damage) {
    const bool is_known = std::any_of(found_.begin(), found_.end(),
                                      [&](const DamageFound& known) { return known.path == damage.path; });
    if (!is_known) add(std::move(damage));
  }

  Verification& verification_;
  StoreWriter& store_;
  const SnapshotId& id_;
  const SnapshotRow& row_;
  std::vector<DamageFound> found_;
};

bool is_going(StoreWriter& store, const SnapshotId& id) {
  Index::Read read = store.index().read();
  const auto fate = read.fate(id);
  return !read.snapshot(id) || (fate && fate->fate == Fate::deleting);
}

std::set<SnapshotId> named_without_row(StoreWriter& store) {
  std::set<SnapshotId> named;
  Index::Read rows = store.index().read_in_slices();
  rows.each_request([&](const Fingerprint&, const RequestRow& row) {
    if (!rows.snapshot(row.snapshot)) named.insert(row.snapshot);
    return true;
  });
  rows.each_root([&](const std::string&, const RootRow& row) {
    if (!rows.snapshot(row.snapshot)) named.insert(row.snapshot);
    return true;
  });
  return named;
}

bool is_lost(StoreWriter& store, const SnapshotId& id) {
  const auto lies_there = [&] {
    return stat_at(store.root(), store_paths::snapshot_record(id), Links::do_not_follow).has_value();
  };
  if (!lies_there()) return false;
  // While it is held, no process is between writing the snapshot's files and writing its row.
  std::optional<FileLock> lock;
  if (!store.is_read_only()) lock = lock_snapshot(store, id);
  return !store.index().read().snapshot(id) && lies_there();
}

/// Reports snapshots that a request or root names and that have files but no row.
void look_for_lost_rows(Verification& verification) {
  if (named_without_row(verification.store).empty()) return;
  // A collection may have erased a snapshot's row and not yet the requests that name it, and a run that it
  // overtook may have left the snapshot's record.
  std::optional<FileLock> no_collection;
  if (!verification.store.is_read_only()) {
    no_collection = FileLock::attempt(verification.store.root(), store_paths::kGcLock, LockMode::shared);
    if (!no_collection) return;
  }
  for (const SnapshotId& id : named_without_row(verification.store)) {
    if (!is_lost(verification.store, id)) continue;
    DamageFound damage{.damage = Damage::damaged_row, .path = store_paths::snapshot_record(id)};
    damage.detail = "a request or root names the snapshot, and it has no row";
    damage.snapshot = id;
    verification.report(std::move(damage));
  }
}

std::optional<SnapshotRow> row_of(StoreWriter& store, const SnapshotId& id) {
  return store.index().read().snapshot(id);
}

/// The damage that remains while no process makes or removes the snapshot, compared with its current row. In
/// a read-only store, which has no locks, the examination is repeated if the row changes.
std::vector<DamageFound> examine_again(Verification& verification, const SnapshotId& id) {
  constexpr int kAttempts = 10;
  std::optional<FileLock> lock;
  if (!verification.store.is_read_only()) lock = lock_snapshot(verification.store, id);
  std::vector<DamageFound> found;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::optional<SnapshotRow> row = row_of(verification.store, id);
    if (!row) return {};
    found = examine_snapshot(verification, id, *row);
    if (found.empty() || row_of(verification.store, id) == row) break;
  }
  return found;
}

}  // namespace

std::vector<DamageFound> examine_snapshot(Verification& verification, const SnapshotId& id,
                                          const SnapshotRow& row) {
  if (is_going(verification.store, id)) return {};
  return SnapshotExamination(verification, id, row).run();
}

void verify_snapshots(Verification& verification) {
  std::vector<std::pair<SnapshotId, SnapshotRow>> snapshots;
  verification.store.index().read_in_slices().each_snapshot(
      [&](const SnapshotId& id, const SnapshotRow& row) {
        snapshots.emplace_back(id, row);
        return true;
      });
  for_each_in_parallel(verification.threads, snapshots.size(), [&](std::size_t i) {
    const auto& [id, row] = snapshots[i];
    if (examine_snapshot(verification, id, row).empty()) return;
    for (DamageFound& damage : examine_again(verification, id)) verification.report(std::move(damage));
  });
  look_for_lost_rows(verification);
}

}  // namespace envstore
