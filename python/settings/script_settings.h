#pragma once
#include <string>
#include <vector>

#include "python/settings/package_sources.h"
#include "python/settings/settings_layer.h"

namespace envstore {

/// Settings with uv's keys: from `[tool.uv]` / `[tool.envstore]` of a script's metadata block, which cli
/// merges below flags and environment variables and above configuration files; or from a uv configuration
/// file.
struct ScriptSettings {
  SettingsLayer layer;                              ///< including explicit indexes
  std::vector<std::string> constraints, overrides;  ///< requirement texts
  std::vector<std::string> exclusions;              ///< normalised names
  std::vector<std::string> build_constraints;       ///< requirement texts
  std::vector<PackageSource> sources;
  bool operator==(const ScriptSettings&) const = default;
};

}  // namespace envstore
