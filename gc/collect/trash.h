#pragma once
#include <future>
#include <string>
#include <vector>

#include "gc/collect/collect.h"
#include "store/index/store.h"

namespace envstore {

/// Moves what a collection deletes out of the way by one rename each, and unlinks it on another thread, where
/// no lock is needed. Its names in trash/ begin with `gc-`: the holder of gc.lock may remove those that an
/// interrupted collection left.
class Trash {
 public:
  static constexpr const char* kPrefix = "gc-";
  Trash(StoreWriter& store, GcReport& report) : store_(store), report_(report) {}
  Trash(const Trash&) = delete;
  Trash& operator=(const Trash&) = delete;
  ~Trash() { finish(); }  ///< waits for the unlinking

  /// False: the path could not be moved, and the report says why. An absent path is not an error.
  bool take(const std::string& path);
  /// Waits for the unlinking that the last call began, then starts another thread that unlinks all that was
  /// taken since. Failures go to the report; their files stay for the next collection.
  void empty();

 private:
  void finish();

  StoreWriter& store_;
  GcReport& report_;
  std::vector<std::string> entries_;
  std::future<std::vector<std::string>> unlinking_;  ///< its failures
};

}  // namespace envstore
