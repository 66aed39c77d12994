#pragma once
#include <optional>
#include <string>
#include <vector>

#include "store/index/rows.h"

namespace envstore {

/// Where lost bytes may come from beside the store. Declared here, implemented by python (the member of a
/// wheel at its recorded origin), connected by cli.
class BlobSource {
 public:
  virtual ~BlobSource() = default;
  struct Wanted {
    TreeInfo tree;     ///< has the wheel's name, hash and origin
    std::string path;  ///< in the tree: `site/numpy/__init__.py`
  };
  /// The bytes, not checked: the caller hashes them. nullopt: it cannot be had; `why` then says the reason.
  virtual std::optional<std::string> fetch(const Wanted& wanted, std::string& why) = 0;
};

}  // namespace envstore
