#pragma once
#include <array>
#include <string>
#include <vector>

#include "store/platform/store_paths.h"

namespace envstore {

/// The folders of a store except the index.
inline constexpr std::array kStoreFolders{layout::kObjects,  layout::kTrees,      layout::kSnapshots,
                                          layout::kBytecode, layout::kScratch,    layout::kLeases,
                                          layout::kTmp,      layout::kTrash,      layout::kLocks,
                                          layout::kVolatile, layout::kQuarantine, layout::kLogs};

/// Paths, relative to `root`, of anything that is not a directory where the store has a folder, or not a
/// regular file where it has a lock file.
std::vector<std::string> obstacles(int root);

/// Removes the obstacles and creates the folders again; verification then reports the content of a lost
/// folder as missing. Returns the obstacles.
std::vector<std::string> remove_obstacles(int root);

}  // namespace envstore
