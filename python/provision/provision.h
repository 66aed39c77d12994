#pragma once
#include <memory>
#include <vector>

#include "python/index/index_client.h"
#include "python/interpreter/interpreter.h"
#include "python/launch/launch.h"
#include "python/provision/progress.h"
#include "python/resolve/layer_request.h"
#include "python/settings/resolution_settings.h"
#include "store/leases/lease.h"

namespace envstore {

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
