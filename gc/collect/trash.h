#pragma once
#include <future>
#include <string>
#include <vector>

#include "gc/collect/collect.h"
#include "store/index/store.h"

namespace envstore {

/// What a collection takes out of the way by one rename, and unlinks beside its other work, when no lock is
/// held any more. Its names in trash/ begin with `gc-`: whoever holds gc.lock may remove those of a
/// collection that died.
class Trash {
 public:
  static constexpr const char* kPrefix = "gc-";
  Trash(Store& store, GcReport& report) : store_(store), report_(report) {}
  Trash(const Trash&) = delete;
  Trash& operator=(const Trash&) = delete;
  ~Trash() { finish(); }  ///< waits

  /// False: it could not be moved, which the report tells. Absent is fine.
  bool take(const std::string& path);
  /// Begins to unlink all that was taken, on another thread, after what is left of the last time. What cannot
  /// be unlinked is told and stays for the next collection.
  void empty();

 private:
  void finish();

  Store& store_;
  GcReport& report_;
  std::vector<std::string> entries_;
  std::future<std::vector<std::string>> unlinking_;  ///< its failures
};

}  // namespace envstore
