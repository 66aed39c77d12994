#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "store/index/store.h"

namespace envstore {

// What a store takes besides its blobs, without a walk over its files: a count of a million files would cost
// each collection more than all else. Folders are estimated from rows, as they came out on ext4 (blocks of
// 4 KiB; a link as long as ours takes one). Bytecode is what the ledgers say was compiled: what Python wrote
// for itself, as root, is not in it. Documents lie in the index.

/// Of a tree with so many files: its folders, its manifest, its slots' folders.
std::uint64_t tree_folder_bytes(std::uint64_t files);
/// Of one layout: a farm has a link for each top-level name, a forest folders with a name for each file.
std::uint64_t layout_folder_bytes(Layout layout, std::uint64_t files, std::uint64_t top_level_names);
/// `owner`: bytecode/<tree or snapshot id>.
std::uint64_t bytecode_bytes(Store& store, const std::string& owner);
/// Blocks of the index's files, the volatile ones of all boots included. They never shrink.
std::uint64_t index_bytes(Store& store);

}  // namespace envstore
