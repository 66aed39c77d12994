#pragma once
#include <string>
#include <vector>

#include "pypackaging/requirement.h"
#include "python/wheel/file_digest.h"
#include "store/platform/files.h"

namespace envstore {

/// One layer to be provided.
struct LayerRequest {
  std::vector<pypackaging::Requirement> requirements;
  RequiredHashes hashes;
  /// Wheels that are named by path, as they are now: one that is written anew is another request.
  std::vector<WatchedPath> local_wheels;
  std::string label;  ///< for people
};

}  // namespace envstore
