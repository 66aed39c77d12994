#pragma once
#include <array>
#include <string>
#include <vector>

#include "store/platform/store_paths.h"

namespace envstore {

/// The folders of a store but the index's.
inline constexpr std::array kStoreFolders{layout::kObjects,  layout::kTrees,      layout::kSnapshots,
                                          layout::kBytecode, layout::kScratch,    layout::kLeases,
                                          layout::kTmp,      layout::kTrash,      layout::kLocks,
                                          layout::kVolatile, layout::kQuarantine, layout::kLogs};

/// Whatever stands in the place of a folder of the store, or of a lock file, relative to `root`.
std::vector<std::string> obstacles(int root);

/// Takes the obstacles away and makes the folders anew; what was in a lost folder is found missing by
/// verification. Returns the obstacles.
std::vector<std::string> remove_obstacles(int root);

}  // namespace envstore
