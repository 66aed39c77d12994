#pragma once
#include <set>
#include <vector>

#include "gc/census/census.h"
#include "gc/collect/collect.h"

namespace envstore {

/// What keeps snapshots, as one transaction sees it: every lease that has a row, dead or not (a dead one was
/// removed when the collection began, and costs a delay at most), and every root.
std::set<SnapshotId> held_snapshots(Index::Read& rows);

/// Marks what is to go as condemned (volatile: a reboot pardons), unless it was used since the census, or is
/// held. What an earlier collection condemned and this one keeps is pardoned. Returns what is condemned now.
std::vector<std::uint32_t> condemn(Store& store, const Census& census,
                                   const std::vector<std::uint32_t>& going);

/// One durable transaction: those still condemned and not held become `deleting`; those that an earlier
/// collection left `deleting` stay so unless they are held. Under the snapshots' locks. Returns which are
/// `deleting` now; the others were taken back. When that is on disk, lease files are asked, too: who claims a
/// snapshot after that finds it deleting, who claimed it before is there with a file, whether its row can be
/// seen (another boot's cannot) or not.
std::vector<SnapshotId> mark_deleting(Store& store, const std::vector<SnapshotId>& snapshots);

/// Condemned and nothing came of it.
void pardon(Store& store, const std::vector<SnapshotId>& snapshots);

}  // namespace envstore
