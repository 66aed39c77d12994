#pragma once
#include "gc/collect/policy.h"
#include "store/index/store.h"

namespace envstore {

/// True if the store exceeds `max_size` (estimated from the last collection's note and the trees added since,
/// shared files counted repeatedly), or the disk has less than `min_free`. Costs a statvfs and a read of all
/// rows of trees. False for 15 minutes after a collection that could not meet its caps: another one could not
/// either.
bool is_collection_due(const StoreReader& store, const Policy& policy);

}  // namespace envstore
