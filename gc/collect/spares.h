#pragma once
#include <cstdint>

#include "store/index/store.h"

namespace envstore {

// Spare scratches: kept for the next run of the same plan, with hard links to files of the store. Making one
// takes a millisecond, so any doubt about one is a reason to remove it.

/// Removes those that have changed since they were made. Returns how many.
std::uint64_t drop_changed_spares(StoreWriter& store);
/// Removes all: the files that they link to may be damaged, or their space is needed. Returns how many.
std::uint64_t drop_all_spares(StoreWriter& store);

}  // namespace envstore
