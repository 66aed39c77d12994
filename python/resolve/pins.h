#pragma once
#include <map>
#include <string>
#include <vector>

#include "pypackaging/version.h"
#include "python/launch/launch.h"
#include "store/index/store.h"

namespace envstore {

/// The versions that snapshots hold, by normalised name; of a name in several the first counts.
std::map<std::string, pypackaging::Version> pins_of(Store& store, const std::vector<SnapshotId>& snapshots);

}  // namespace envstore
