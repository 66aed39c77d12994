#pragma once
#include <sys/types.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/index/store.h"

namespace envstore {

// The content of leases/<name> (docs/FORMAT.md): the same as the lease's row, so that a collection that does
// not see the row (volatile data removed, index created again, another boot) still finds what a locked file
// uses. The file is written before it is locked, and snapshots are appended before the transaction that
// claims them: at any time the file names at least the snapshots that the lease may use.

inline constexpr off_t kLeaseLock = 0;  // do not change: every version that shares a store must agree

/// The content of a new lease file. `row.what` becomes one line, with control characters replaced, because
/// listings show it as well.
std::string lease_file_text(const LeaseRow& row);
/// The text to append for snapshots that the lease starts to use.
std::string lease_file_addition(const std::vector<SnapshotId>& snapshots);
/// nullopt: incomplete, or written by an unknown version. Treat such a lease as using any snapshot.
std::optional<LeaseRow> parse_lease_file(std::string_view text);

struct HeldLease {
  std::string name;
  std::optional<LeaseRow> row;  ///< from its file; nullopt: unreadable
};
/// Every lease whose file is locked, whether it has a row or not.
std::vector<HeldLease> held_leases(const StoreReader& store);
/// Every lease whose file exists and is not locked.
std::vector<HeldLease> dropped_leases(const StoreReader& store);

/// The name in the file and in listings: `run`, `ingest`, `verify`, `compile`, `pip`.
const char* name_of(LeaseKind kind);
/// For people: `process 7, running x.py`.
std::string describe(const LeaseRow& row);

}  // namespace envstore
