#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/index/store.h"

namespace envstore {

/// Pins these snapshots under a name, durably, in place of those that the name pinned before. A run of
/// several layers takes several rows: NAME, `NAME#2`, ...; RootRow::path is NAME in all of them. Condemned
/// snapshots are taken back. Throws Error{not_found} if a snapshot has no row or is `deleting`.
void pin(StoreWriter& store, const std::string& name, const std::vector<SnapshotId>& snapshots);

/// Removes the pins of this name; roots of other kinds stay. Returns how many snapshots it pinned; 0: no such
/// pin.
std::size_t unpin(StoreWriter& store, const std::string& name);

/// Names of pins, each once, sorted.
std::vector<std::string> pin_names(const StoreReader& store);

/// Snapshots whose id starts with `prefix` (hexadecimal digits of either case), sorted; empty if `prefix`
/// does not look like an id.
std::vector<SnapshotId> snapshots_like(const StoreReader& store, std::string_view prefix);
/// The only such snapshot. Throws Error{not_found} if there is none, Error{usage} if there are several.
SnapshotId snapshot_like(const StoreReader& store, const std::string& prefix);
/// Requires a minimum number of digits, so that a short word is never taken for an id.
bool looks_like_id(std::string_view text);

}  // namespace envstore
