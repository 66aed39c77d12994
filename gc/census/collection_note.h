#pragma once
#include <cstdint>
#include <optional>

#include "store/index/store.h"

namespace envstore {

/// What a collection leaves for the questions that are asked before the next one: locks/gc.size.
struct CollectionNote {
  std::uint64_t total_bytes = 0;  ///< of the store
  std::uint64_t tree_bytes = 0;   ///< the sum of what the trees say of their files
  bool has_missed_cap = false;    ///< a cap of the policy could not be met
  std::int64_t made_at_ns = 0;    ///< since 1970; 0: written by a version that did not note it
};

/// What the trees say of their files, shared ones counted as often as they are named. Walks over the trees'
/// rows.
std::uint64_t bytes_of_trees(Store& store);

/// Replaces the note. On a full disk the older one stays. Throws Error.
void write_collection_note(Store& store, std::uint64_t total_bytes, bool has_missed_cap);

/// nullopt: no collection has ended yet, or its note cannot be read.
std::optional<CollectionNote> read_collection_note(Store& store);

/// When the last collection ended, by its clock. nullopt: not known.
std::optional<std::int64_t> last_collection_ns(Store& store);

}  // namespace envstore
