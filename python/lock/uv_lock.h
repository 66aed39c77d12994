#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pypackaging/requirement.h"
#include "python/lock/lock_selection.h"
#include "python/lock/pylock.h"
#include "python/settings/static_metadata.h"

namespace envstore {

/// What a lock was made from: the requirements of a script's block.
struct LockInputs {
  std::optional<pypackaging::SpecifierSet> requires_python;
  std::vector<pypackaging::Requirement> requirements, constraints, overrides;
  std::vector<std::string> excludes;           ///< normalised, sorted
  std::map<std::string, std::string> indexes;  ///< addresses of packages that are bound to one, by name
  std::vector<StaticMetadata> static_metadata = {};
};

/// A dependency of an entry of uv.lock. `version` and `source` are empty unless several entries have the
/// name.
struct UvEdge {
  std::string name, version, source;
  std::vector<std::string> extras;
  pypackaging::Marker marker;
};

struct UvPackage {
  PylockPackage package;  ///< its files; a direct wheel is an archive
  std::string source;     ///< the text of its source, to compare with UvEdge::source
  std::vector<pypackaging::Marker> resolution_markers;  ///< of the forks that have it; empty: all
  std::vector<UvEdge> dependencies;
  std::map<std::string, std::vector<UvEdge>> optional;  ///< by extra
};

/// The content of a uv.lock, version 1 of any revision, that `uv lock --script` has written beside a script.
struct UvLock {
  LockInputs inputs;
  std::vector<UvEdge> roots;  ///< the script's requirements
  std::vector<UvPackage> packages;
};

/// `path`: absolute; for messages, and relative paths start at its directory. Throws Error{invalid_input}
/// with line and column, Error{unsupported} for another version and for what only projects have.
UvLock parse_uv_lock(std::string_view text, const std::string& path);

/// Why the lock was not made from these inputs, as a clause; nullopt: it was.
std::optional<std::string> difference(const UvLock& lock, const LockInputs& inputs);

/// What the environment gets of the lock. Throws as lock_of for a pylock.toml.
Lock lock_of(const UvLock& lock, const std::string& path, const LockTarget& target);

}  // namespace envstore
