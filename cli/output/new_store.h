#pragma once
#include "cli/options/options.h"
#include "store/index/store.h"

namespace envstore {

/// On the first run in a store, prints one line with the store's path and the rules that limit its size.
void tell_of_new_store(StoreWriter& store, const Arguments& arguments);

}  // namespace envstore
