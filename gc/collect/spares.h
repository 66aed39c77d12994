#pragma once
#include <cstdint>

#include "store/index/store.h"

namespace envstore {

// Scratches that are kept for the next run of their plan, with hard links to files of the store. They are
// made in a millisecond, so whatever is doubtful about one is a reason to remove it.

/// Those that are not as they were when they were made. Returns how many.
std::uint64_t drop_changed_spares(Store& store);
/// All of them: what they link may have been damaged, or their space is needed. Returns how many.
std::uint64_t drop_all_spares(Store& store);

}  // namespace envstore
