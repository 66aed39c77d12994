#pragma once
#include "gc/collect/policy.h"
#include "store/index/store.h"

namespace envstore {

/// The store has outgrown `max_size` (by the last collection's note and the trees that came since, shared
/// files counted twice), or the disk has less than `min_free`. Costs a statvfs and a walk over the trees'
/// rows. False for a quarter of an hour after a collection that could not meet its caps: the next would not
/// either.
bool is_collection_due(Store& store, const Policy& policy);

}  // namespace envstore
