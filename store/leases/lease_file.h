#pragma once
#include <sys/types.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/index/store.h"

namespace envstore {

// What leases/<name> says of its lease (docs/FORMAT.md): the same as its row, so that a collection that does
// not see the row (volatile data removed, index made anew, another boot's) still knows what a locked file
// holds. The file is written before it is locked, and named snapshots are appended before the transaction
// that claims them: at any moment it names at least what the lease may use.

inline constexpr off_t kLeaseLock = 0;  // do not change: every version that shares a store must agree

/// One line, control characters replaced: it is a line of the file, and stands in listings.
std::string lease_file_text(const LeaseRow& row);
/// What is appended for snapshots that the lease comes to use.
std::string lease_file_addition(const std::vector<SnapshotId>& snapshots);
/// nullopt: half written, or by a version that is not known. Its lease may use anything.
std::optional<LeaseRow> parse_lease_file(std::string_view text);

struct HeldLease {
  std::string name;
  std::optional<LeaseRow> row;  ///< as its file says; nullopt: cannot be told
};
/// Every lease whose file is locked, whether it has a row or not.
std::vector<HeldLease> held_leases(Store& store);
/// Leases whose file is there, and not locked.
std::vector<HeldLease> dropped_leases(Store& store);

/// As it stands in the file and in listings: `run`, `ingest`, `verify`, `compile`, `pip`.
const char* name_of(LeaseKind kind);
/// For people: `process 7, running x.py`.
std::string describe(const LeaseRow& row);

}  // namespace envstore
