#include "gc/collect.h"

#include <algorithm>
#include <map>
#include <set>

#include "gc/held_orphans.h"
#include "gc/last_net.h"
#include "gc/leftovers.h"
#include "gc/mark.h"
#include "gc/store_size.h"
#include "gc/sweep.h"
#include "store/adopt.h"
#include "store/layout.h"
#include "store/lease.h"
#include "store/platform/error.h"
#include "store/platform/lock.h"
#include "store/reserve.h"

namespace envstore {
namespace {

std::optional<FileLock> gc_lock(Store& store, std::chrono::milliseconds timeout) {
  const std::string name = std::string(layout::kLocks) + "/gc.lock";
  return FileLock::wait_for(store.root(), name, LockMode::exclusive, timeout);
}

/// Snapshots of leases that died while a process of theirs lives on (its keeper was killed, and it has closed
/// every descriptor).
std::map<SnapshotId, ProcessUse> haunted_snapshots(Store& store) {
  std::vector<std::pair<std::string, LeaseRow>> dead;
  store.index().read().each_lease([&](const std::string& name, const LeaseRow& row) {
    dead.emplace_back(name, row);
    return true;
  });
  std::erase_if(dead, [&](const auto& lease) { return is_lease_live(store, lease.first); });
  std::map<SnapshotId, ProcessUse> haunted;
  for (const auto& [name, row] : dead) {
    if (row.snapshots.empty()) continue;
    for (const ProcessUse& use : processes_using({}, {name}))
      for (const SnapshotId& id : row.snapshots) haunted.emplace(id, use);
  }
  return haunted;
}

bool is_disk_full(const Store& store) {
  constexpr std::uint64_t kAlmost = std::uint64_t{16} << 20;
  return free_bytes(store.root()) < kAlmost;
}

class Collection {
 public:
  Collection(Store& store, const GcOptions& options) : store_(store), options_(options) {}

  GcReport run() {
    remove_trash(store_, report_);
    haunted_ = haunted_snapshots(store_);
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
  /// Frees what needs no row to be written.
  void clear_up_without_writing() {
    const LeftoverAge age = leftover_age(store_, options_.policy, false);
    remove_dead_work(store_, age, report_);
    if (find_held_orphans(store_).empty()) remove_orphans(store_, age, report_);
  }

  /// On a full disk rows stay where they are: on the volatile side they count as well.
  void promote() {
    try {
      store_.index().promote(Index::Wait::yes);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::no_space || !is_disk_full(store_)) throw;
    }
  }

  /// Also what other boots have left unpromoted, and a rebuild has left out: as long as it has no rows it
  /// would look like garbage.
  void make_durable() {
    promote();
    if (!store_.index().other_boots().empty() || is_rebuild_unfinished(store_)) adopt_all(store_);
    adopt_held_orphans();
  }

  /// What cannot be adopted and is leased keeps its files as long as it is: nobody knows which they are.
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
    report_.plan = plan_gc(report_.census, options_.policy);
  }

  std::vector<SnapshotId> mark() {
    tell("marking", 0, report_.plan.going.size());
    const Census& census = report_.census;
    std::vector<std::uint32_t> going;
    for (const GoingSnapshot& snapshot : report_.plan.going) {
      const auto haunted = haunted_.find(census.snapshots[snapshot.snapshot].id);
      if (haunted == haunted_.end())
        going.push_back(snapshot.snapshot);
      else
        report_.still_in_use.push_back({snapshot.snapshot, haunted->second});
    }
    const Caught caught = last_net(store_, census, going, report_.plan.unused_trees);
    for (const auto& use : caught.snapshots) {
      std::erase(going, use.snapshot);
      report_.still_in_use.push_back(use);
    }
    kept_trees_ = caught.trees;
    std::vector<SnapshotId> ids;
    for (const std::uint32_t place : condemn(store_, census, going))
      ids.push_back(census.snapshots[place].id);
    return ids;
  }

  void sweep(std::vector<SnapshotId> ids) {
    const std::set<SnapshotId> condemned(ids.begin(), ids.end());
    for (const CountedSnapshot& snapshot : report_.census.snapshots)
      if (snapshot.fate && snapshot.fate->fate == Fate::deleting) ids.push_back(snapshot.id);
    std::set<TreeId> trees;
    for (const std::uint32_t tree : report_.plan.unused_trees) trees.insert(report_.census.trees[tree].id);
    const auto progress = [&](std::uint64_t done, std::uint64_t total) { tell("deleting", done, total); };
    const std::set<SnapshotId> deleted = sweep_snapshots(store_, ids, report_, trees, progress);
    note_taken_back(condemned, deleted);
    for (const CountedSnapshot& snapshot : report_.census.snapshots)
      if (deleted.contains(snapshot.id)) report_.freed_bytes += snapshot.other_bytes;
    for (const TreeId& tree : kept_trees_) trees.erase(tree);
    GoneTrees gone = sweep_trees(store_, trees, report_, progress);
    const std::set<TreeId> swept(gone.trees.begin(), gone.trees.end());
    for (const CountedTree& tree : report_.census.trees)
      if (swept.contains(tree.id)) report_.freed_bytes += tree.other_bytes;
    if (!gone.is_complete || has_unnamed_blobs()) find_unnamed_blobs(store_, gone);
    sweep_blobs(store_, std::move(gone), report_, progress);
  }

  void note_taken_back(const std::set<SnapshotId>& condemned, const std::set<SnapshotId>& deleted) {
    Index::Read rows = store_.index().read();
    for (std::uint32_t place = 0; place < report_.census.snapshots.size(); ++place) {
      const SnapshotId& id = report_.census.snapshots[place].id;
      if (condemned.contains(id) && !deleted.contains(id) && !rows.fate(id))
        report_.taken_back.push_back(place);
    }
  }

  bool has_unnamed_blobs() const {
    const auto& groups = report_.census.groups;
    return std::any_of(groups.begin(), groups.end(),
                       [](const BlobGroup& group) { return group.trees.empty() && group.blobs > 0; });
  }

  void clear_up() {
    tell("clearing up", 0, 0);
    const LeftoverAge age = leftover_age(store_, options_.policy, report_.census.clock_went_back);
    remove_dead_work(store_, age, report_);
    remove_stale_rows(store_, age, report_);
    if (!are_orphans_kept_) remove_orphans(store_, age, report_);
    promote();
    const std::uint64_t before = report_.plan.bytes_before;
    note_size(store_, before - std::min(before, report_.freed_bytes), !report_.plan.missed.empty());
    keep_reserve(store_.root());
  }

  void tell(const char* step, std::uint64_t done, std::uint64_t total) const {
    if (options_.progress) options_.progress({step, done, total});
  }

  Store& store_;
  const GcOptions& options_;
  GcReport report_;
  std::map<SnapshotId, ProcessUse> haunted_;
  std::set<TreeId> kept_trees_;
  bool are_orphans_kept_ = false;
};

/// Where a row cannot be written because the disk is full, once more with the space that is kept for that.
template <class Work>
auto with_reserve(Store& store, Work work) {
  try {
    return work();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::no_space || !drop_reserve(store.root())) throw;
  }
  return work();
}

GcReport only_plan(Store& store, const Policy& policy) {
  GcReport report;
  report.census = take_census(store);
  report.plan = plan_gc(report.census, policy);
  return report;
}

}  // namespace

GcReport collect(Store& store, const GcOptions& options) {
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
