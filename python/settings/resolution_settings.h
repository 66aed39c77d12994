#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pypackaging/requirement.h"
#include "pypackaging/resolver.h"
#include "python/index/index_client.h"
#include "python/interpreter/interpreter.h"
#include "python/settings/build_settings.h"
#include "python/settings/package_sources.h"

namespace envstore {

/// A resolution ignores files that were uploaded later.
struct UploadCutoff {
  std::int64_t ns = 0;   ///< since 1970; for a span: the time before the resolution
  bool is_span = false;  ///< cut-off computed at each resolution; stored answers stay valid
  bool operator==(const UploadCutoff&) const = default;
};

/// The settings that decide the result of a resolution, with uv's names and defaults.
struct ResolutionSettings {
  IndexSettings indexes;
  std::optional<UploadCutoff> exclude_newer;
  /// By normalised name, overrides the general cut-off; nullopt: no cut-off for this package.
  std::map<std::string, std::optional<UploadCutoff>> exclude_newer_packages;
  pypackaging::PrereleaseMode prereleases = pypackaging::PrereleaseMode::if_necessary;
  std::map<std::string, pypackaging::PrereleaseMode> package_prereleases;  ///< by normalised name
  pypackaging::Strategy strategy = pypackaging::Strategy::highest;
  bool without_dependencies = false;         ///< pip's --no-deps
  std::vector<std::string> static_metadata;  ///< texts of StaticMetadata
  std::vector<pypackaging::Requirement> constraints, overrides;
  std::vector<std::string> constraint_files, override_files;  ///< absolute paths of files to read into these
  bool require_hashes = false;                                ///< pip's require-hashes
  bool upgrade = false;  ///< versions of the earlier answer are not preferred
  /// Packages whose earlier version is not preferred (--upgrade-package), each with its constraint on the new
  /// version; not part of the request.
  std::vector<pypackaging::Requirement> upgrade_packages;
  std::vector<PackageSource> sources;        ///< of the script's own requirements
  std::vector<IndexLocation> named_indexes;  ///< that a source may refer to
  BuildSettings build;
  PythonPreference python_preference = PythonPreference::system;
  bool operator==(const ResolutionSettings&) const = default;
};

}  // namespace envstore
