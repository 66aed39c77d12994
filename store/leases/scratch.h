#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "store/index/store.h"
#include "store/platform/digest.h"

namespace envstore {

/// The content of a scratch, with paths relative to it. Parent directories are created as needed.
struct ScratchRecipe {
  std::vector<std::string> directories;
  std::vector<std::pair<std::string, std::string>> files;       ///< path, content
  std::vector<std::pair<std::string, std::string>> programs;    ///< path, content; executable
  std::vector<std::pair<std::string, std::string>> symlinks;    ///< path, target
  std::vector<std::pair<std::string, std::string>> hard_links;  ///< path, source relative to the store's root
};

/// The directory of one run, scratch/<lease>. If a *spare* of the same plan exists, one rename claims it; at
/// the end, an unmodified scratch is handed back by another rename, and a modified one is removed.
class Scratch {
 public:
  /// `recipe` is called only when no spare can be claimed.
  static Scratch make(StoreWriter& store, const std::string& lease, const Fingerprint& plan,
                      const std::function<ScratchRecipe()>& recipe);
  /// For a read-only store: in `directory`, an existing directory outside the store (absolute path), and
  /// removed together with it. Never a spare.
  static Scratch make_outside(StoreWriter& store, const std::string& directory, const ScratchRecipe& recipe);
  Scratch(Scratch&&) noexcept;
  ~Scratch();  ///< hands back or removes, unless `leave` was called. Never throws.
  const std::string& path() const { return path_; }  ///< absolute
  void leave();                                      ///< the keeper, the next run or gc cleans up

 private:
  Scratch() = default;
  StoreWriter* store_ = nullptr;
  std::string lease_, path_;
  Fingerprint plan_;
  bool owned_ = false;
};

}  // namespace envstore
