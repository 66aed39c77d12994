#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "store/index/store.h"

namespace envstore {

// Space that a store takes in addition to its blobs, found without a walk over its files: counting a million
// files would cost each collection more than all other steps. Folders are estimated from rows, by values
// measured on ext4 (4 KiB blocks; a symbolic link as long as the store's takes one block). Bytecode is the
// sum of what the ledgers list as compiled; files that root's programs wrote into slots are added only if
// this process runs as root. Documents are part of the index.

/// Of a tree with this many files: its folders, its manifest, the folders of its slots.
std::uint64_t tree_folder_bytes(std::uint64_t files);
/// Of one layout: a farm has a link for each top-level name, a forest has folders with a name for each file.
std::uint64_t layout_folder_bytes(Layout layout, std::uint64_t files, std::uint64_t top_level_names);
/// `owner`: bytecode/<tree or snapshot id>.
std::uint64_t bytecode_bytes(const StoreReader& store, const std::string& owner);
/// Blocks of the index's files, the volatile ones of all boots included. They never shrink.
std::uint64_t index_bytes(const StoreReader& store);

}  // namespace envstore
