#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "python/index/index_client.h"
#include "python/settings/package_sources.h"

namespace envstore {

/// Settings with uv's keys: from `[tool.uv]` / `[tool.envstore]` of a script's metadata block, which cli
/// merges below flags and environment variables and above configuration files; or from a uv configuration
/// file.
struct ScriptSettings {
  std::vector<IndexLocation> indexes;  ///< including explicit ones
  std::optional<IndexLocation> default_index;
  std::vector<IndexLocation> find_links;
  std::optional<bool> no_index, offline, no_sources;
  /// As written.
  std::optional<std::string> exclude_newer, prerelease, resolution, index_strategy, python_preference,
      keyring_provider;
  std::map<std::string, std::string> exclude_newer_packages;  ///< by normalised name, as written
  std::vector<std::string> constraints, overrides;            ///< requirement texts
  std::vector<std::string> exclusions, no_sources_packages;   ///< normalised names
  std::vector<PackageSource> sources;
};

}  // namespace envstore
