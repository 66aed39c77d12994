#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pypackaging/requirement.h"
#include "pypackaging/resolver.h"
#include "python/index/index_client.h"
#include "python/interpreter/interpreter.h"
#include "python/launch/launch.h"
#include "python/provision/package_sources.h"
#include "python/provision/progress.h"
#include "python/wheel/file_digest.h"
#include "store/lease.h"

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

/// One layer to be provided.
struct LayerRequest {
  std::vector<pypackaging::Requirement> requirements;
  RequiredHashes hashes;
  /// Wheels that are named by path, as they are now: one that is written anew is another request.
  std::vector<WatchedPath> local_wheels;
  std::string label;  ///< for people
};

struct ProvisionReport {
  std::size_t installed = 0, reused = 0;  ///< distributions unpacked now, and those that the store had
  double seconds = 0;
};

/// From requests to snapshots (DESIGN section 7): request row -> snapshot, else resolve, fetch, unpack,
/// place.
class Provisioner {
 public:
  Provisioner(Store& store, Lease& lease, const Interpreter& interpreter, ResolutionSettings settings,
              Layout layout, Progress& progress);
  ~Provisioner();
  /// A client of the same index settings that was made before: what it is fetching need not be asked for
  /// twice.
  void use(std::shared_ptr<IndexClient> client);
  /// `below`: the layers under this one, nearest first: their versions are kept where the requirements allow
  /// it.
  LayerPlan provide(const LayerRequest& request, const std::vector<LayerPlan>& below);
  const ProvisionReport& report() const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace envstore
