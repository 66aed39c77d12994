#pragma once
#include <map>
#include <string>
#include <vector>

#include "pypackaging/version.h"
#include "store/index/store.h"

namespace envstore {

/// Versions by normalised name.
using Pins = std::map<std::string, pypackaging::Version>;

/// The versions in the snapshots, by normalised name. For a name in several snapshots, the first snapshot's
/// version.
Pins pins_of(const StoreReader& store, const std::vector<SnapshotId>& snapshots);

}  // namespace envstore
