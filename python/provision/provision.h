#pragma once
#include <memory>
#include <vector>

#include "python/index/index_client.h"
#include "python/interpreter/interpreter.h"
#include "python/launch/launch.h"
#include "python/resolve/progress.h"
#include "python/resolve/layers.h"
#include "python/settings/resolution_settings.h"
#include "store/leases/lease.h"

namespace envstore {

struct ProvisionReport {
  std::size_t installed = 0, reused = 0;  ///< distributions unpacked now, and those already in the store
  double seconds = 0;
};

/// Turns requests into snapshots (DESIGN section 7): takes the snapshot of the request's row, else resolves,
/// fetches, unpacks and lays out.
class Provisioner {
 public:
  Provisioner(Store& store, Lease& lease, const Interpreter& interpreter, ResolutionSettings settings,
              Layout layout, Progress& progress);
  ~Provisioner();
  /// Uses an existing client with the same index settings, so that pages that it is fetching are not
  /// requested twice.
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
