#pragma once
#include <cstdint>
#include <set>

#include "store/leases/lease_file.h"

namespace envstore {

/// The snapshots that the files of live leases name, whether or not these leases have a row.
struct LeasedByFiles {
  std::set<SnapshotId> snapshots;
  bool may_be_any = false;  ///< a live lease's file cannot be read: it may use any snapshot
};
LeasedByFiles leased_by_files(const StoreReader& store);

/// When an ingest began: no tree made since then may be deleted. The smallest value if its time is in the
/// future, because the clock was set back since then.
std::int64_t ingest_began_ns(const LeaseRow& ingest, std::int64_t now_ns);
/// When the oldest ingest that has a row began; the largest value if there is none.
std::int64_t oldest_ingest_ns(Index::Read& rows, std::int64_t now_ns);
/// When the oldest ingest whose lease file is locked began; the largest value if there is none. The smallest
/// value if a lease file cannot be read.
std::int64_t oldest_held_ingest_ns(const StoreReader& store);

}  // namespace envstore
