#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "store/index/store.h"
#include "store/platform/digest.h"

namespace envstore {

/// What a scratch consists of, paths relative to it. Directories are made on the way.
struct ScratchRecipe {
  std::vector<std::string> directories;
  std::vector<std::pair<std::string, std::string>> files;       ///< path, content
  std::vector<std::pair<std::string, std::string>> programs;    ///< path, content; executable
  std::vector<std::pair<std::string, std::string>> symlinks;    ///< path, target
  std::vector<std::pair<std::string, std::string>> hard_links;  ///< path, source relative to the store's root
};

/// The directory of one run, scratch/<lease>. A *spare* of the same plan is claimed by one rename when there
/// is one; at the end an untouched scratch is handed back by another rename, a touched one removed.
class Scratch {
 public:
  /// `recipe` is called only when no spare can be claimed.
  static Scratch make(Store& store, const std::string& lease, const Fingerprint& plan,
                      const std::function<ScratchRecipe()>& recipe);
  /// For a read-only store: in an existing directory outside, absolute, with which it goes. Never a spare.
  static Scratch make_outside(Store& store, const std::string& directory, const ScratchRecipe& recipe);
  Scratch(Scratch&&) noexcept;
  ~Scratch();  ///< hands back or removes, unless `leave` was called. Never throws.
  const std::string& path() const { return path_; }  ///< absolute
  void leave();                                      ///< somebody else (keeper, next run, gc) cleans up

 private:
  Scratch() = default;
  Store* store_ = nullptr;
  std::string lease_, path_;
  Fingerprint plan_;
  bool owned_ = false;
};

}  // namespace envstore
