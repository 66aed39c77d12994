#pragma once
#include "store/platform/digest.h"

namespace envstore {

/// A distribution in the store.
struct FetchedTree {
  TreeId tree;
  bool was_there = false;  ///< the store had it
};

}  // namespace envstore
