#include "gc/collect/mark.h"

#include <algorithm>

#include "gc/census/live_leases.h"
#include "store/index/lock_time_slice.h"

namespace envstore {
namespace {

std::int64_t now_ns(StoreWriter& store) {
  return store.clock().now().time_since_epoch().count();
}

/// True if the snapshot still has a row and was not used since the census.
bool is_as_counted(Index::Read& rows, const CountedSnapshot& counted) {
  return rows.snapshot(counted.id).has_value() && rows.last_use_ns(counted.id) == counted.last_use_ns;
}

class Condemnation {
 public:
  Condemnation(StoreWriter& store, const Census& census, const std::vector<std::uint32_t>& going)
      : store_(store),
        census_(census),
        going_(going.begin(), going.end()),
        epoch_(static_cast<std::uint64_t>(now_ns(store))) {}

  std::vector<std::uint32_t> run() {
    for (std::uint32_t next = 0; next < census_.snapshots.size();) {
      const LockTimeSlice slice;
      Index::Write rows = store_.index().write();
      const std::set<SnapshotId> held = held_snapshots(rows);
      while (next < census_.snapshots.size() && !slice.is_over()) judge(rows, held, next++);
      rows.commit();
    }
    return std::move(condemned_);
  }

 private:
  void judge(Index::Write& rows, const std::set<SnapshotId>& held, std::uint32_t position) {
    const CountedSnapshot& counted = census_.snapshots[position];
    const bool was_condemned = counted.fate && counted.fate->fate == Fate::condemned;
    if (!going_.contains(position) && !was_condemned) return;
    const auto fate = rows.fate(counted.id);
    if (fate && fate->fate == Fate::deleting) return;
    const bool goes = going_.contains(position) && is_as_counted(rows, counted) && !held.contains(counted.id);
    if (goes && !fate) rows.put_fate(counted.id, {Fate::condemned, epoch_, now_ns(store_)});
    if (!goes && fate) rows.erase_fate(counted.id);
    if (goes) condemned_.push_back(position);
  }

  StoreWriter& store_;
  const Census& census_;
  const std::set<std::uint32_t> going_;
  const std::uint64_t epoch_;  ///< grows with each collection
  std::vector<std::uint32_t> condemned_;
};

}  // namespace

std::set<SnapshotId> held_snapshots(Index::Read& rows) {
  std::set<SnapshotId> held;
  rows.each_lease([&](const std::string&, const LeaseRow& lease) {
    held.insert(lease.snapshots.begin(), lease.snapshots.end());
    return true;
  });
  rows.each_root([&](const std::string&, const RootRow& root) {
    held.insert(root.snapshot);
    return true;
  });
  return held;
}

std::vector<std::uint32_t> condemn(StoreWriter& store, const Census& census,
                                   const std::vector<std::uint32_t>& going) {
  return Condemnation(store, census, going).run();
}

namespace {

/// Takes back those that a live lease names in its file, and returns the others.
std::vector<SnapshotId> without_leased(StoreWriter& store, std::vector<SnapshotId> deleting) {
  if (deleting.empty()) return deleting;
  const LeasedByFiles leased = leased_by_files(store);
  const auto is_free = [&](const SnapshotId& id) {
    return !leased.may_be_any && !leased.snapshots.contains(id);
  };
  const auto first = std::stable_partition(deleting.begin(), deleting.end(), is_free);
  if (first == deleting.end()) return deleting;
  Index::Write rows = store.index().durable_write();
  for (auto id = first; id != deleting.end(); ++id) rows.erase_fate(*id);
  rows.commit();
  deleting.erase(first, deleting.end());
  return deleting;
}

}  // namespace

std::vector<SnapshotId> mark_deleting(StoreWriter& store, const std::vector<SnapshotId>& snapshots) {
  std::vector<SnapshotId> deleting;
  Index::Write rows = store.index().durable_write();
  const std::set<SnapshotId> held = held_snapshots(rows);
  for (const SnapshotId& id : snapshots) {
    const auto fate = rows.fate(id);
    if (!fate) continue;  // a run has taken it back
    if (held.contains(id)) {
      rows.erase_fate(id);
      continue;
    }
    if (fate->fate == Fate::condemned) rows.put_fate(id, {Fate::deleting, fate->epoch, now_ns(store)});
    deleting.push_back(id);
  }
  rows.commit();
  return without_leased(store, std::move(deleting));
}

}  // namespace envstore
