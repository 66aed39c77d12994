#pragma once
#include <string>
#include <string_view>

#include "store/snapshots/snapshot.h"

namespace envstore {

/// The path of a tree's file below the prefix: site/ becomes site-packages, bin/ and include/ stay, data/
/// becomes the prefix itself.
std::string place_of(const SnapshotRecord& record, std::string_view in_tree);

/// The slot of a directory with modules of several trees. `below`: "" for site-packages, else "/a/b". The
/// same in both layouts. Relative to the store's root.
std::string snapshot_slot(const SnapshotId& id, std::string_view below);

std::string top_of(std::string_view path);                         ///< the first component
bool is_below(std::string_view path, std::string_view directory);  ///< at any depth
bool is_directly_in(std::string_view path, std::string_view directory);

}  // namespace envstore
