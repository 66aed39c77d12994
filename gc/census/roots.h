#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/index/store.h"

namespace envstore {

/// Keeps these snapshots under a name, durably: what the name kept before, it keeps no more. A run of several
/// layers takes several rows: NAME, `NAME#2`, ...; RootRow::path is NAME in all. What is condemned is taken
/// back. Throws Error{not_found} when one of them is gone, or on its way out.
void pin(Store& store, const std::string& name, const std::vector<SnapshotId>& snapshots);

/// How many snapshots the name kept. 0: there is no such pin. Roots of other kinds stay.
std::size_t unpin(Store& store, const std::string& name);

/// Names of pins, each once, sorted.
std::vector<std::string> pin_names(Store& store);

/// Snapshots whose id begins so (hexadecimal digits of either case), sorted; empty for anything else.
std::vector<SnapshotId> snapshots_like(Store& store, std::string_view prefix);
/// The one. Throws Error{not_found} where there is none, Error{usage} where there are several.
SnapshotId snapshot_like(Store& store, const std::string& prefix);
/// At least so many digits make an id, so that a short word is never taken for one.
bool looks_like_id(std::string_view text);

}  // namespace envstore
