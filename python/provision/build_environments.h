#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "python/build/source_build.h"
#include "python/index/index_client.h"
#include "python/interpreter/interpreter.h"
#include "python/resolve/progress.h"
#include "python/settings/resolution_settings.h"
#include "store/index/store.h"
#include "store/leases/lease.h"

namespace envstore {

struct Layers;
struct ProvisionedLayers;

/// Leases of the builds of one layer, and of the builds that these need, so that they can be ended.
/// Thread-safe.
class RunningBuilds {
 public:
  explicit RunningBuilds(RunningBuilds* outer) : outer_(outer) {}
  /// Ends every process of the builds; those that begin later fail with Error{busy}.
  void cancel();
  void add(const std::string& lease);
  void remove(const std::string& lease);

 private:
  RunningBuilds* const outer_;  ///< of the layer that one of its builds needs this one for; may be null
  std::mutex mutex_;            ///< protects the members below
  std::set<std::string> leases_;
  bool is_cancelled_ = false;
};

/// The builds that a build is part of, innermost first.
struct BuildChain {
  const BuildChain* outer = nullptr;
  std::string name;     ///< normalised
  std::string version;  ///< canonical
  RunningBuilds& running;
};

/// What every build of one layer shares.
struct BuildContext {
  StoreWriter& store;
  const Interpreter& interpreter;
  const ResolutionSettings& settings;
  Progress& progress;
  const BuildChain* outer = nullptr;  ///< the build whose environment the layer is; nullptr: a run's layer
};

/// The settings of a build environment: the indexes and cut-offs of the layer, the constraints of builds. Its
/// answer is never taken from an earlier request: as with uv, a build gets the newest versions that fit.
ResolutionSettings build_environment_settings(const ResolutionSettings& of_layer);

/// Makes the environments of one build by nested requests, each leased for as long as it lives.
class NestedEnvironments final : public BuildEnvironments {
 public:
  /// `client`: with the settings of a build environment. Everything must outlive this object.
  NestedEnvironments(const BuildContext& context, const BuildChain& build,
                     std::shared_ptr<IndexClient> client);
  std::unique_ptr<BuildEnvironment> make(const std::vector<pypackaging::Requirement>& requirements,
                                         const std::string& label) override;

 private:
  ProvisionedLayers provision(Lease& ingest, const Layers& layers, const std::string& label);

  const BuildContext& context_;
  const BuildChain& build_;
  const std::shared_ptr<IndexClient> client_;
};

}  // namespace envstore
