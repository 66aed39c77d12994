#pragma once
#include <cstdint>
#include <set>

#include "store/leases/lease_file.h"

namespace envstore {

/// What live leases say in their files, whether they have a row or not.
struct LeasedByFiles {
  std::set<SnapshotId> snapshots;
  bool may_be_any = false;  ///< one of them cannot be read
};
LeasedByFiles leased_by_files(Store& store);

/// When an ingest began: no tree made since may go. As early as can be for one from the future, whose clock
/// was set back meanwhile.
std::int64_t ingest_began_ns(const LeaseRow& ingest, std::int64_t now_ns);
/// The oldest of those that have a row; the largest number: there is none.
std::int64_t oldest_ingest_ns(Index::Read& rows, std::int64_t now_ns);
/// The oldest of those whose file is locked. As early as can be when one cannot be read.
std::int64_t oldest_held_ingest_ns(Store& store);

}  // namespace envstore
