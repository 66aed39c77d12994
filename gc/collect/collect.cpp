#include "gc/collect/collect.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "gc/census/clock_trust.h"
#include "gc/census/collection_note.h"
#include "gc/collect/held_orphans.h"
#include "gc/collect/leftovers.h"
#include "gc/collect/mark.h"
#include "gc/collect/running_process_check.h"
#include "gc/collect/spares.h"
#include "gc/collect/sweep.h"
#include "store/index/lock_time_slice.h"
#include "store/index/reserve.h"
#include "store/leases/daily_turn.h"
#include "store/leases/lease.h"
#include "store/leases/lease_file.h"
#include "store/platform/error.h"
#include "store/platform/lock.h"
#include "store/platform/store_paths.h"
#include "store/snapshots/adopt.h"

namespace envstore {
namespace {

std::optional<FileLock> gc_lock(StoreWriter& store, std::chrono::milliseconds timeout) {
  const std::string name = store_paths::kGcLock;
  return FileLock::wait_for(store.root(), name, LockMode::exclusive, timeout);
}

/// Snapshots of dead leases that have a surviving process (the keeper was killed, and the process has closed
/// every descriptor).
struct SurvivingUses {
  std::map<SnapshotId, ProcessUse> snapshots;
  std::optional<ProcessUse> may_use_any;  ///< a process of a lease that has no row and an incomplete file
};
SurvivingUses surviving_uses(StoreWriter& store) {
  std::vector<HeldLease> dead = dropped_leases(store);
  {
    Index::Read rows = store.index().read();
    for (HeldLease& lease : dead)
      if (const auto row = rows.lease(lease.name)) lease.row = row;
  }
  SurvivingUses uses;
  for (const HeldLease& lease : dead) {
    if (lease.row && lease.row->snapshots.empty()) continue;
    for (const ProcessUse& use : processes_using({}, {lease.name}))
      if (lease.row)
        for (const SnapshotId& id : lease.row->snapshots) uses.snapshots.emplace(id, use);
      else
        uses.may_use_any = use;
  }
  return uses;
}

bool is_disk_full(const StoreReader& store) {
  constexpr std::uint64_t kAlmost = std::uint64_t{16} << 20;
  return free_bytes(store.root()) < kAlmost;
}

/// Adopts snapshots whose row was lost while a run uses them (volatile data removed, the index rebuilt):
/// their files are there, and with a row they are kept like any other. A snapshot of an ingest is adopted
/// only if its lease's row was lost, too: otherwise it is still being made. False: one could not be adopted.
bool adopt_leased(StoreWriter& store) {
  std::set<SnapshotId> lost;
  const std::vector<HeldLease> leases = held_leases(store);
  {
    Index::Read rows = store.index().read();
    for (const HeldLease& lease : leases) {
      if (!lease.row || (lease.row->kind == LeaseKind::ingest && rows.lease(lease.name))) continue;
      for (const SnapshotId& id : lease.row->snapshots)
        if (!rows.snapshot(id)) lost.insert(id);
    }
  }
  bool is_complete = true;
  for (const SnapshotId& id : lost) is_complete = adopt_snapshot(store, id) && is_complete;
  return is_complete;
}

void settle_tree_times(StoreWriter& store, Census& census) {
  const std::int64_t now = census.now_ns;
  for (std::size_t next = 0; next < census.trees.size();) {
    const LockTimeSlice slice;
    Index::Write rows = store.index().write();
    for (; next < census.trees.size() && !slice.is_over(); ++next) {
      CountedTree& tree = census.trees[next];
      auto row = is_ahead(tree.made_at_ns, now) ? rows.tree(tree.id) : std::nullopt;
      if (!row) continue;
      row->made_at_ns = std::min(row->made_at_ns, now);
      rows.put(tree.id, *row);
    }
    rows.commit();
  }
}

/// Sets times in the future to now: otherwise no rule would apply before the clock reaches them. A tree that
/// no snapshot names is deleted at once.
std::uint64_t settle_times(StoreWriter& store, Census& census) {
  settle_tree_times(store, census);
  std::uint64_t settled = 0;
  const std::int64_t now = census.now_ns;
  for (std::size_t next = 0; next < census.snapshots.size();) {
    const LockTimeSlice slice;
    Index::Write rows = store.index().write();
    for (; next < census.snapshots.size() && !slice.is_over(); ++next) {
      CountedSnapshot& snapshot = census.snapshots[next];
      if (!is_ahead(snapshot.made_at_ns, now) && !is_ahead(snapshot.used_ns(), now)) continue;
      auto row = rows.snapshot(snapshot.id);
      if (!row) continue;
      row->made_at_ns = std::min(row->made_at_ns, now);
      rows.put(snapshot.id, *row);
      if (rows.last_use_ns(snapshot.id).value_or(row->made_at_ns) > now) rows.put_last_use(snapshot.id, now);
      snapshot.made_at_ns = row->made_at_ns;
      snapshot.last_use_ns = rows.last_use_ns(snapshot.id);
      ++settled;
    }
    rows.commit();
  }
  return settled;
}

class Collection {
 public:
  Collection(StoreWriter& store, const GcOptions& options) : store_(store), options_(options) {}

  GcReport run() {
    remove_trash(store_, report_);
    surviving_uses_ = surviving_uses(store_);
    std::vector<std::string> unremoved;
    report_.removed_leases = remove_dead_leases(store_, &unremoved);
    if (is_disk_full(store_)) clear_up_without_writing();
    make_durable();
    count_and_plan();
    const std::vector<SnapshotId> condemned = mark();
    sweep(condemned);
    clear_up();
    if (!unremoved.empty()) report_.removed_leases += remove_dead_leases(store_, &report_.failures);
    return std::move(report_);
  }

 private:
  /// Frees space without writing a row. Does nothing while rows of other boots or of an unfinished rebuild
  /// are not in the index.
  void clear_up_without_writing() {
    if (!store_.index().other_boots().empty() || is_rebuild_unfinished(store_)) return;
    const LeftoverAge age = leftover_age(store_, options_.policy, take_census(store_));
    remove_dead_work(store_, age, report_);
    if (find_held_orphans(store_).empty()) remove_orphans(store_, age, report_);
  }

  /// On a full disk, rows stay in the volatile index, where they count as well.
  void promote() {
    try {
      store_.index().promote(Index::Wait::yes);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::no_space || !is_disk_full(store_)) throw;
    }
  }

  /// Also adopts what other boots have left unpromoted and a rebuild has left out: without rows it would look
  /// like garbage.
  void make_durable() {
    promote();
    if (!store_.index().other_boots().empty() || is_rebuild_unfinished(store_)) adopt_all(store_);
    if (!adopt_leased(store_)) are_orphans_kept_ = true;
    adopt_held_orphans();
  }

  /// While a leased snapshot cannot be adopted, all orphans are kept: it is not known which files belong to
  /// it.
  void adopt_held_orphans() {
    const HeldOrphans held = find_held_orphans(store_);
    if (held.empty()) return;
    for (const SnapshotId& id : held.leased)
      if (!adopt_snapshot(store_, id)) are_orphans_kept_ = true;
    for (const SnapshotId& id : held.rooted)
      if (!adopt_snapshot(store_, id))
        report_.failures.push_back("cannot keep what is pinned: snapshot " + id.hex() +
                                   " is not whole, and the index does not know it");
    promote();
  }

  void count_and_plan() {
    tell("counting", 0, 0);
    report_.census = take_census(store_);
    if (report_.census.times_ahead > 0) report_.settled_times = settle_times(store_, report_.census);
    report_.plan = plan_gc(report_.census, options_.policy);
  }

  /// The process that uses the snapshot although its lease is dead; nullptr: none.
  const ProcessUse* surviving_use_of(const SnapshotId& id) const {
    if (surviving_uses_.may_use_any) return &*surviving_uses_.may_use_any;
    const auto found = surviving_uses_.snapshots.find(id);
    return found == surviving_uses_.snapshots.end() ? nullptr : &found->second;
  }

  std::vector<SnapshotId> mark() {
    tell("marking", 0, report_.plan.going.size());
    const Census& census = report_.census;
    std::vector<std::uint32_t> going;
    for (const GoingSnapshot& snapshot : report_.plan.going) {
      if (const ProcessUse* use = surviving_use_of(census.snapshots[snapshot.snapshot].id))
        report_.still_in_use.push_back({snapshot.snapshot, *use});
      else
        going.push_back(snapshot.snapshot);
    }
    const RunningProcessCheck caught =
        check_running_processes(store_, census, going, report_.plan.unused_trees);
    for (const auto& use : caught.snapshots) {
      std::erase(going, use.snapshot);
      report_.still_in_use.push_back(use);
    }
    kept_trees_ = caught.trees;
    std::vector<SnapshotId> ids;
    for (const std::uint32_t position : condemn(store_, census, going))
      ids.push_back(census.snapshots[position].id);
    return ids;
  }

  void sweep(std::vector<SnapshotId> ids) {
    if (!report_.census.unknown_leases.empty() || surviving_uses_.may_use_any) return;
    for (const CountedSnapshot& snapshot : report_.census.snapshots)
      if (snapshot.fate && snapshot.fate->fate == Fate::deleting) ids.push_back(snapshot.id);
    std::set<TreeId> trees;
    for (const std::uint32_t tree : report_.plan.unused_trees) trees.insert(report_.census.trees[tree].id);
    const auto progress = [&](std::uint64_t done, std::uint64_t total) { tell("deleting", done, total); };
    const std::set<SnapshotId> deleted = sweep_snapshots(store_, ids, report_, trees, progress);
    note_what_stayed(deleted);
    for (const CountedSnapshot& snapshot : report_.census.snapshots)
      if (deleted.contains(snapshot.id)) report_.freed_bytes += snapshot.overhead_bytes;
    for (const TreeId& tree : kept_trees_) trees.erase(tree);
    if (!report_.census.stray_leases.empty()) {  // any of the trees may belong to them
      report_.left_trees += trees.size();
      return;
    }
    GoneTrees gone = sweep_trees(store_, trees, report_, progress);
    const std::set<TreeId> swept(gone.trees.begin(), gone.trees.end());
    for (const CountedTree& tree : report_.census.trees)
      if (swept.contains(tree.id)) report_.freed_bytes += tree.overhead_bytes;
    if (!gone.is_complete || has_unnamed_blobs()) find_unnamed_blobs(store_, gone);
    sweep_blobs(store_, std::move(gone), report_, progress);
  }

  void note_what_stayed(const std::set<SnapshotId>& deleted) {
    std::set<std::uint32_t> in_use;
    for (const auto& use : report_.still_in_use) in_use.insert(use.snapshot);
    Index::Read rows = store_.index().read();
    for (const GoingSnapshot& going : report_.plan.going) {
      const SnapshotId& id = report_.census.snapshots[going.snapshot].id;
      if (deleted.contains(id) || in_use.contains(going.snapshot)) continue;
      const auto fate = rows.fate(id);
      const bool is_left = fate && fate->fate == Fate::deleting;
      (is_left ? report_.left : report_.taken_back).push_back(going.snapshot);
    }
  }

  bool has_unnamed_blobs() const {
    const auto& groups = report_.census.groups;
    return std::any_of(groups.begin(), groups.end(),
                       [](const BlobGroup& group) { return group.trees.empty() && group.blobs > 0; });
  }

  void clear_up() {
    tell("clearing up", 0, 0);
    const LeftoverAge age = leftover_age(store_, options_.policy, report_.census);
    remove_dead_work(store_, age, report_);
    remove_stale_rows(store_, age, report_);
    if (!are_orphans_kept_) remove_orphans(store_, age, report_);
    promote();
    (void)take_daily_turn(store_);
    const std::uint64_t before = report_.plan.bytes_before;
    write_collection_note(store_, before - std::min(before, report_.freed_bytes),
                          !report_.plan.missed.empty());
    keep_reserve(store_.root());
  }

  void tell(const char* step, std::uint64_t done, std::uint64_t total) const {
    if (options_.progress) options_.progress({step, done, total});
  }

  StoreWriter& store_;
  const GcOptions& options_;
  GcReport report_;
  SurvivingUses surviving_uses_;
  std::set<TreeId> kept_trees_;
  bool are_orphans_kept_ = false;
};

/// Runs `work`. If a row cannot be written because the disk is full, runs it again with the reserved space
/// or, on a disk too small for a reserve, with the space of the spare scratches.
template <class Work>
auto with_reserve(StoreWriter& store, Work work) {
  try {
    return work();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::no_space) throw;
    if (!drop_reserve(store.root()) && drop_all_spares(store) == 0) throw;
  }
  return work();
}

GcReport only_plan(StoreWriter& store, const Policy& policy) {
  GcReport report;
  report.census = take_census(store);
  report.plan = plan_gc(report.census, policy);
  return report;
}

}  // namespace

GcReport collect(StoreWriter& store, const GcOptions& options) {
  if (options.dry_run == DryRun::yes) return only_plan(store, options.policy);
  if (store.is_read_only())
    throw Error(ErrorKind::permission, "cannot collect garbage in '" + store.path() + "': it is read-only");
  const std::optional<FileLock> lock =
      with_reserve(store, [&] { return gc_lock(store, options.lock_timeout); });
  if (lock) return with_reserve(store, [&] { return Collection(store, options).run(); });
  if (options.lock_timeout.count() > 0)
    throw Error(ErrorKind::busy,
                "cannot collect garbage in '" + store.path() + "': another collection is at work",
                "try again when it has ended, or give --lock-timeout more time");
  GcReport report;
  report.another_at_work = true;
  return report;
}

}  // namespace envstore
