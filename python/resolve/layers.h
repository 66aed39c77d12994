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
  /// Wheels that are required by path, with their current state: a rewritten file makes a different request.
  std::vector<WatchedPath> local_wheels;
  std::string label;  ///< for messages
};

}  // namespace envstore
