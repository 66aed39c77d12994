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
#include "python/settings/package_sources.h"

namespace envstore {

/// Files uploaded later do not exist for a resolution.
struct UploadCutoff {
  std::int64_t ns = 0;   ///< since 1970; of a span: how long before the resolution
  bool is_span = false;  ///< judged anew at each resolution, so its answers stay what they were
  bool operator==(const UploadCutoff&) const = default;
};

/// The settings that decide what a resolution answers, with uv's names and defaults.
struct ResolutionSettings {
  IndexSettings indexes;
  std::optional<UploadCutoff> exclude_newer;
  /// By normalised name, in the place of the general one; nullopt: no cut-off for this package.
  std::map<std::string, std::optional<UploadCutoff>> exclude_newer_packages;
  pypackaging::PrereleaseMode prereleases = pypackaging::PrereleaseMode::if_necessary;
  pypackaging::Strategy strategy = pypackaging::Strategy::highest;
  std::vector<pypackaging::Requirement> constraints, overrides;
  std::vector<std::string> constraint_files, override_files;  ///< absolute paths, to be read into the two
  bool require_hashes = false;                                ///< pip's require-hashes
  bool upgrade = false;                                       ///< an older answer is no preference
  /// Packages of which it is none (--upgrade-package), with what each may be at most; no part of the request.
  std::vector<pypackaging::Requirement> upgrade_packages;
  std::vector<PackageSource> sources;        ///< of the script's own requirements
  std::vector<IndexLocation> named_indexes;  ///< that a source may refer to
  PythonPreference python_preference = PythonPreference::system;
};

}  // namespace envstore
