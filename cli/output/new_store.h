#pragma once
#include "cli/options/options.h"
#include "store/index/store.h"

namespace envstore {

/// The first run in a store says in one line where it is, and by which rules it stays small.
void tell_of_new_store(Store& store, const Arguments& arguments);

}  // namespace envstore
