#pragma once
#include <string>

#include "store/index/store.h"
#include "store/objects/tree.h"

namespace envstore {

/// bytecode/<tree>/<n>, one empty directory (0555) for each of source_directories(); existing ones stay.
void make_slots(StoreWriter& store, const TreeId& id, const TreeManifest& manifest);

/// The links to slots (store_paths::kSlotLink) in a tree's own directories. `tree` is the open directory of
/// the tree, at any path: the links are correct once the tree is at trees/<id>.
void link_slots(int tree, const TreeId& id, const TreeManifest& manifest);

/// The target of the link to a slot in `directory`, a path in the tree; relative to that directory.
std::string slot_link(const std::string& directory, const TreeId& id, std::size_t slot);

}  // namespace envstore
