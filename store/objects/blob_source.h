#pragma once
#include <optional>
#include <string>
#include <vector>

#include "store/index/rows.h"

namespace envstore {

/// A source outside the store for lost bytes. Declared here, implemented by python (reads the member of a
/// wheel from the wheel's recorded origin), connected by cli.
class BlobSource {
 public:
  virtual ~BlobSource() = default;
  struct Wanted {
    TreeInfo tree;     ///< has the wheel's name, hash and origin
    std::string path;  ///< in the tree: `site/numpy/__init__.py`
  };
  /// The bytes, not checked: the caller hashes them. nullopt: they are not available; `why` is then set to
  /// the reason.
  virtual std::optional<std::string> fetch(const Wanted& wanted, std::string& why) = 0;
};

}  // namespace envstore
