#pragma once
#include <array>
#include <string>
#include <vector>

#include "store/platform/store_paths.h"

namespace envstore {

/// The folders of a store except the index.
inline constexpr std::array kStoreFolders{
    store_paths::kObjects, store_paths::kTrees,    store_paths::kSnapshots,  store_paths::kSlots,
    store_paths::kScratch, store_paths::kLeases,   store_paths::kTmp,        store_paths::kTrash,
    store_paths::kLocks,   store_paths::kVolatile, store_paths::kQuarantine, store_paths::kLogs};

/// Paths, relative to `root`, of anything that is not a directory where the store has a folder, or not a
/// regular file where it has a lock file.
std::vector<std::string> obstacles(int root);

/// Removes the obstacles and creates the folders again; verification then reports the content of a lost
/// folder as missing. Returns the obstacles.
std::vector<std::string> remove_obstacles(int root);

}  // namespace envstore
