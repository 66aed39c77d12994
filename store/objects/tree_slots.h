#pragma once
#include <string>

#include "store/index/store.h"
#include "store/objects/tree.h"

namespace envstore {

/// bytecode/<tree>/<n>, one empty directory (0555) for each of source_directories(); those that are there
/// stay.
void make_slots(Store& store, const TreeId& id, const TreeManifest& manifest);

/// The `__pycache__` links in a tree's own directories. `tree` is the open directory of the tree, wherever it
/// lies: the links are right once it stands at trees/<id>.
void link_slots(int tree, const TreeId& id, const TreeManifest& manifest);

/// `__pycache__` of `directory`, a path in the tree, relative to that directory.
std::string slot_link(const std::string& directory, const TreeId& id, std::size_t slot);

}  // namespace envstore
