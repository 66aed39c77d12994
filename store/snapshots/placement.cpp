#include <sys/stat.h>
#include <algorithm>
#include <cerrno>

#include "store/objects/tree_rows.h"
#include "store/platform/error.h"
#include "store/platform/lock.h"
#include "store/platform/random.h"
#include "store/snapshots/adopt.h"
#include "store/snapshots/placement_build.h"
#include "store/snapshots/placement_plan.h"
#include "store/snapshots/snapshot.h"
#include "store/snapshots/snapshot_file.h"

namespace envstore {
namespace {

bool has_layout(const SnapshotRow& row, Layout layout) {
  return std::find(row.layouts.begin(), row.layouts.end(), layout) != row.layouts.end();
}

bool is_deleting(const std::optional<FateRow>& fate) {
  return fate && fate->fate == Fate::deleting;
}

/// The collector holds the snapshot's lock from marking it `deleting` until its rows are erased. So
/// `deleting`, seen under the lock, was left by a collector that died, and is taken back.
bool was_left_half_deleted(StoreWriter& store, const SnapshotId& id) {
  return is_deleting(store.index().read().fate(id));
}

void lay_out(StoreWriter& store, Lease& lease, const LayoutPlan& plan, const std::vector<LayoutTree>& trees,
             const std::string& place) {
  lease.tmp_directory();
  const std::string built = store_paths::tmp(lease.name()) + "/layout-" + random_name();
  try {
    build_layout(store, plan, trees, built);
    move_into_place(store, built, place);
  } catch (...) {
    remove_tree(store.root(), built);
    throw;
  }
  if (fchmodat(store.root(), place.c_str(), 0555, 0) != 0)
    captured_errno().fail("set the mode of", store.path() + "/" + place);
}

/// The volatile rows of trees may have been lost since the trees were made (volatile data removed during the
/// run): trees that are still on disk are adopted. Trees that a collection removed are gone.
void bring_back_tree_rows(StoreWriter& store, const SnapshotRecord& record) {
  std::vector<TreeId> lost;
  {
    Index::Read rows = store.index().read();
    for (const SnapshotTree& tree : record.trees)
      if (!rows.tree(tree.tree)) lost.push_back(tree.tree);
  }
  for (const TreeId& id : lost) adopt_tree(store, id);
}

/// Retries, because a rebuild of the index may lose the rows once more.
std::vector<LayoutTree> layout_trees_with_rows(StoreWriter& store, const SnapshotRecord& record) {
  constexpr int kAttempts = 5;
  for (int attempt = 1;; ++attempt) {
    bring_back_tree_rows(store, record);
    try {
      return layout_trees(store, record);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::damaged || attempt == kAttempts) throw;
    }
  }
}

void record_snapshot(StoreWriter& store, const Lease& lease, const SnapshotRecord& record,
                     const SnapshotId& id, Layout layout, const std::optional<RequestRow>& request,
                     const SnapshotFile::Roots& roots) {
  const std::int64_t now = store.clock().now().time_since_epoch().count();
  Index::Write write = store.index().write();
  const std::optional<SnapshotRow> known = write.snapshot(id);
  if (!known) record_roots(write, roots);
  SnapshotRow row = known.value_or(SnapshotRow{record.canonical(), now, {}});
  if (!has_layout(row, layout)) {
    row.layouts.push_back(layout);
    write.put(id, row);
    for (const SnapshotTree& tree : record.trees) {
      if (!write.tree(tree.tree))
        throw Error(ErrorKind::busy,
                    "cannot make snapshot '" + id.hex() + "': the tree of '" + tree.name +
                        "' was removed at the same time",
                    "run the command again");
      write.link_tree_to_snapshot(tree.tree, id);
    }
  }
  if (request) {
    RequestRow answer = *request;
    answer.snapshot = id;
    write.put_request(fingerprint(as_bytes(answer.canonical)), answer);
  }
  if (write.fate(id)) write.erase_fate(id);
  write.put_last_use(id, now);
  lease.put_row(write);
  write.commit();
}

/// The roots in the file of a snapshot without a row: the index is older than the file.
SnapshotFile::Roots roots_on_file(StoreWriter& store, const SnapshotId& id) {
  std::optional<SnapshotFile> file = read_snapshot_file_if_whole(store, id);
  return file ? std::move(file->roots) : SnapshotFile::Roots();
}

/// Undoes a failed placement, except for what a row or root refers to. Under the snapshot's lock.
void take_back(StoreWriter& store, Lease& lease, const SnapshotId& id, Layout layout) noexcept {
  try {
    const std::string tmp = lease.tmp_directory();
    const std::optional<SnapshotRow> row = store.index().read().snapshot(id);
    if (row && has_layout(*row, layout)) return;
    take_out_of_sight(store, store_paths::snapshot(id, layout), tmp);
    if (row) return;
    take_out_of_sight(store, store_paths::slots(id), tmp);
    if (roots_on_file(store, id).empty()) unlink_if_there(store.root(), store_paths::snapshot_record(id));
  } catch (...) {
    return;  // gc removes what has no row
  }
}

/// A read-only store provides existing layouts only.
void require_placed(StoreWriter& store, const SnapshotId& id, Layout layout) {
  const std::optional<SnapshotRow> row = store.index().read().snapshot(id);
  if (row && has_layout(*row, layout) && is_placed(store, id, layout)) return;
  throw Error(ErrorKind::permission,
              "cannot lay out snapshot '" + id.hex() + "': the store '" + store.path() + "' is read-only",
              kWritableStoreHint);
}

Placement describe(const SnapshotId& id, Layout layout, LayoutPlan plan) {
  return {id,
          layout,
          std::move(plan.clashes),
          std::move(plan.scripts),
          plan.has_pth,
          std::move(plan.prefix_entries)};
}

}  // namespace

Placement place_snapshot(StoreWriter& store, Lease& lease, const SnapshotRecord& record, Layout layout,
                         const std::optional<RequestRow>& request) {
  const SnapshotId id = record.id();
  if (!store.is_read_only()) lease.announce({id});
  const std::vector<LayoutTree> trees =
      store.is_read_only() ? layout_trees(store, record) : layout_trees_with_rows(store, record);
  LayoutPlan plan = plan_layout(record, trees, layout);

  if (store.is_read_only()) {
    require_placed(store, id, layout);
    return describe(id, layout, std::move(plan));
  }
  const FileLock lock = lock_snapshot(store, id);
  const bool is_taken_back = was_left_half_deleted(store, id);
  const std::optional<SnapshotRow> row = store.index().read().snapshot(id);
  if (is_taken_back || !row || !has_layout(*row, layout) || !is_placed(store, id, layout)) {
    try {
      make_layout_slots(store, plan);
      lay_out(store, lease, plan, trees, store_paths::snapshot(id, layout));
      note_request(store, record, request);
      record_snapshot(store, lease, record, id, layout, request,
                      row ? SnapshotFile::Roots() : roots_on_file(store, id));
    } catch (...) {
      take_back(store, lease, id, layout);
      throw;
    }
  } else {
    note_request(store, record, request);
    record_snapshot(store, lease, record, id, layout, request, {});
  }
  return describe(id, layout, std::move(plan));
}

bool is_placed(const StoreReader& store, const SnapshotId& id, Layout layout) {
  const auto stamp = stat_at(store.root(), store_paths::snapshot(id, layout), Links::do_not_follow);
  return stamp && stamp->is_directory();
}

}  // namespace envstore
