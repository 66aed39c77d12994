#pragma once
#include <map>
#include <string>
#include <vector>

#include "pypackaging/version.h"
#include "python/launch/launch.h"
#include "store/index/store.h"

namespace envstore {

/// The versions in the snapshots, by normalised name. For a name in several snapshots, the first snapshot's
/// version.
std::map<std::string, pypackaging::Version> pins_of(Store& store, const std::vector<SnapshotId>& snapshots);

}  // namespace envstore
