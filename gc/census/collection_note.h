#pragma once
#include <cstdint>
#include <optional>

#include "store/index/store.h"

namespace envstore {

/// What a collection records for decisions that are made before the next one: the file locks/gc.size.
struct CollectionNote {
  std::uint64_t total_bytes = 0;  ///< of the store
  std::uint64_t tree_bytes = 0;   ///< sum of the file sizes in the trees' rows
  bool has_missed_cap = false;    ///< a cap of the policy could not be met
  std::int64_t made_at_ns = 0;    ///< since 1970; 0: written by a version that did not note it
};

/// The sum of the file sizes in the trees' rows; a shared file counts once for each tree that has it. Reads
/// all rows of trees.
std::uint64_t bytes_of_trees(const StoreReader& store);

/// Replaces the note. If the disk is full, the old note stays and nothing is thrown. Throws Error.
void write_collection_note(StoreWriter& store, std::uint64_t total_bytes, bool has_missed_cap);

/// nullopt: no collection has ended yet, or its note cannot be read.
std::optional<CollectionNote> read_collection_note(const StoreReader& store);

/// When the last collection ended, by its own clock. nullopt: not known.
std::optional<std::int64_t> last_collection_ns(const StoreReader& store);

}  // namespace envstore
