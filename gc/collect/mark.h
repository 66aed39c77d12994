#pragma once
#include <set>
#include <vector>

#include "gc/census/census.h"
#include "gc/collect/collect.h"

namespace envstore {

/// The snapshots that must stay, as one transaction sees them: those of every lease that has a row, live or
/// dead (dead ones were removed when the collection began; one that is left only causes a delay), and those
/// of every root.
std::set<SnapshotId> held_snapshots(Index::Read& rows);

/// Marks the snapshots of `going` as condemned (volatile: a reboot undoes it), unless they are held or were
/// used since the census. Takes back those that an earlier collection condemned and this one keeps. Returns
/// the positions in Census::snapshots of those that are condemned now.
std::vector<std::uint32_t> condemn(StoreWriter& store, const Census& census,
                                   const std::vector<std::uint32_t>& going);

/// In one durable transaction, snapshots that are still condemned and not held become `deleting`; those that
/// an earlier collection left `deleting` stay so unless they are held. The caller holds the snapshots' locks.
/// When that is on disk, lease files are checked, too: a run that claims a snapshot after that finds it
/// `deleting`, and one that claimed it before has a lease file, whether or not its row is visible (another
/// boot's is not). Returns those that are `deleting` now; the others were taken back.
std::vector<SnapshotId> mark_deleting(StoreWriter& store, const std::vector<SnapshotId>& snapshots);

}  // namespace envstore
