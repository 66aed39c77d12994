#include "gc/repair/repair.h"

#include <algorithm>

#include "gc/collect/spares.h"
#include "gc/repair/repair_parts.h"
#include "store/platform/error.h"
#include "store/platform/lock.h"

namespace envstore {
namespace {

bool is_at_object(const DamageFound& damage) {
  return damage.blob && damage.path == store_paths::object(*damage.blob);
}

/// One repair: runs the parts in order, then examines again, which decides the outcome of each finding.
class Repair {
 public:
  Repair(StoreWriter& store, const DerivedFiles& derived, VerifyReport& report, BlobSource& source,
         Lease& lease)
      : store_(store), derived_(derived), report_(report), source_(source), bench_(store, lease) {}

  void run() {
    note_bad_inodes();
    {
      move_strays_away();
      Verification first(store_, derived_, options_);
      first.ledger.load(store_, first.threads);
      repair_rows_and_records(first, bench_, report_.found);
      repair_blobs(first);
    }
    find_trees_and_snapshots();
    Verification second(store_, derived_, options_);
    second.ledger.load(store_, second.threads);
    repair_what_lies_there(second);
    examine();
    settle();
    drop_all_spares(store_);
    store_.index().promote(Index::Wait::yes);
  }

 private:
  /// Must come first: a stray file may have the path of a folder of objects.
  void move_strays_away() {
    for (const DamageFound& damage : report_.found)
      if (damage.damage == Damage::extra && !damage.tree && !damage.snapshot)
        bench_.quarantine_path(damage.path);
  }

  /// A synced `.venv` may still be linked to these inodes after the names in the store have changed.
  void note_bad_inodes() {
    for (const DamageFound& damage : report_.found) {
      if (!damage.blob || damage.damage != Damage::changed_content) continue;
      if (const auto stamp = stat_at(store_.root(), damage.path, Links::do_not_follow))
        bad_inodes_.emplace(stamp->inode, *damage.blob);
    }
  }

  void repair_blobs(Verification& verification) {
    BlobRepair blobs(verification, bench_, source_);
    for (const DamageFound& damage : report_.found) {
      if (!damage.blob) continue;
      if (damage.damage == Damage::changed_content) changed_.insert(*damage.blob);
      if (!is_at_object(damage) || origins_.contains(*damage.blob) || lost_.contains(*damage.blob)) continue;
      std::string why_not;
      if (const auto origin = blobs.repair(*damage.blob, why_not))
        origins_.emplace(*damage.blob, *origin);
      else
        lost_.emplace(*damage.blob, why_not);
    }
  }

  /// Includes the trees and layouts that have other names of a damaged object: these may be the same bad
  /// inode.
  void find_trees_and_snapshots() {
    Index::Read read = store_.index().read();
    for (const DamageFound& damage : report_.found) {
      if (damage.tree) trees_.insert(*damage.tree);
      if (damage.snapshot) snapshots_.insert(*damage.snapshot);
      if (is_at_object(damage))
        for (const TreeId& id : read.trees_of(*damage.blob)) trees_.insert(id);
    }
    std::erase_if(trees_, [&](const TreeId& id) { return !read.tree(id); });
    for (const TreeId& id : trees_)
      for (const SnapshotId& snapshot : read.snapshots_of(id)) snapshots_.insert(snapshot);
    std::erase_if(snapshots_, [&](const SnapshotId& id) { return !read.snapshot(id); });
  }

  void repair_what_lies_there(Verification& verification) {
    repair_bytecode(bench_, report_.found);
    for (const TreeId& id : trees_) if_readable([&] { repair_tree(verification, bench_, id); });
    for (const SnapshotId& id : snapshots_) if_readable([&] { repair_layouts(verification, bench_, id); });
    if_readable([&] { drop_bytecode_of(verification, bench_, changed_, trees_); });
    repair_venvs(verification, snapshots_, bad_inodes_);
  }

  /// A manifest that stays damaged is found by examine(), and its tree is set aside.
  template <class Step>
  static void if_readable(Step step) {
    try {
      step();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::damaged && error.kind() != ErrorKind::not_found) throw;
    }
  }

  void examine() {
    Verification verification(store_, derived_, options_);
    verification.ledger.load(store_, verification.threads);
    for (const TreeId& id : trees_)
      if (const auto row = store_.index().read().tree(id)) take_left(examine_tree(verification, id, *row));
    for (const SnapshotId& id : snapshots_)
      if (const auto row = store_.index().read().snapshot(id))
        take_left(examine_snapshot(verification, id, *row));
  }

  void take_left(std::vector<DamageFound> found) {
    for (DamageFound& damage : found) {
      if (damage.tree && !damage.snapshot)
        aside_.trees.insert(*damage.tree);
      else if (damage.snapshot)
        aside_.snapshots.insert(*damage.snapshot);
      left_.insert(damage.path);
    }
  }

  void settle() {
    for (const auto& [id, why_not] : lost_) aside_.blobs.insert(id);
    for (DamageFound& damage : report_.found) note_lost_rows(damage);
    for (DamageFound& damage : report_.found) tell(damage);
    set_aside(store_, bench_, aside_);
  }

  /// A tree or snapshot whose row could not be made again is set aside: nothing more is known about it.
  void note_lost_rows(const DamageFound& damage) {
    if (damage.damage != Damage::damaged_row || damage.blob) return;
    Index::Read read = store_.index().read();
    if (damage.tree && !read.tree(*damage.tree)) {
      aside_.trees.insert(*damage.tree);
      left_.insert(damage.path);
    }
    if (damage.snapshot && !read.snapshot(*damage.snapshot)) {
      aside_.snapshots.insert(*damage.snapshot);
      left_.insert(damage.path);
    }
  }

  void tell(DamageFound& damage) {
    using Outcome = DamageFound::Outcome;
    const auto lost = damage.blob ? lost_.find(*damage.blob) : lost_.end();
    if (lost != lost_.end() && is_at_object(damage) && damage.affected.packages.empty()) {
      damage.outcome = Outcome::repaired;
      damage.outcome_detail = "nothing needs it: moved to quarantine";
      return;
    }
    if (lost != lost_.end() || left_.contains(damage.path) || is_still_there(damage)) {
      damage.outcome = Outcome::set_aside;
      damage.outcome_detail = (lost != lost_.end() ? lost->second + "; " : std::string()) +
                              "not used any more: the next run provides it again";
      if (is_still_there(damage)) damage.outcome = Outcome::left;
      return;
    }
    damage.outcome = Outcome::repaired;
    const auto origin = damage.blob ? origins_.find(*damage.blob) : origins_.end();
    damage.outcome_detail = origin != origins_.end()
                                ? "from " + origin->second
                                : "made again from the manifests and records of the store";
    if (damage.damage == Damage::extra || damage.damage == Damage::foreign_bytecode)
      damage.outcome_detail = "moved to quarantine";
  }

  /// True for a stray file among the objects that could not be moved.
  bool is_still_there(const DamageFound& damage) {
    return damage.damage == Damage::extra && !damage.tree && !damage.snapshot &&
           stat_at(store_.root(), damage.path, Links::do_not_follow).has_value();
  }

  StoreWriter& store_;
  const DerivedFiles& derived_;
  VerifyReport& report_;
  BlobSource& source_;
  Workbench bench_;
  const VerifyOptions options_{};
  std::map<std::uint64_t, BlobId> bad_inodes_;
  std::map<BlobId, std::string> origins_, lost_;
  std::set<BlobId> changed_;
  std::set<TreeId> trees_;
  std::set<SnapshotId> snapshots_;
  std::set<std::string> left_;
  SetAside aside_;
};

}  // namespace

void repair(StoreWriter& store, const DerivedFiles& derived, VerifyReport& report, BlobSource& source) {
  if (report.found.empty()) return;
  if (store.is_read_only())
    throw Error(ErrorKind::permission, "cannot repair '" + store.path() + "': it is read-only");
  std::optional<Lease> lease = Lease::acquire(store, LeaseKind::verify, {}, "verify --repair");
  // Excludes collections during the repair.
  const FileLock collector = FileLock::wait(store.root(), store_paths::kGcLock, LockMode::exclusive);
  Repair(store, derived, report, source, *lease).run();
}

}  // namespace envstore
