#pragma once
#include <set>
#include <string>

namespace envstore {

/// What is taken of the extras and dependency groups of lock files, besides what they take by default.
struct LockChoice {
  std::set<std::string> extras, groups, without_groups;  ///< as given
  bool all_extras = false, all_groups = false;
  bool without_default_groups = false;
  /// Whether something is asked for that only a lock file can have.
  bool asks() const { return all_extras || all_groups || !extras.empty() || !groups.empty(); }
  bool operator==(const LockChoice&) const = default;
};

}  // namespace envstore
