#pragma once
#include <memory>
#include <vector>

#include "python/launch/launch.h"
#include "python/provision/provision.h"
#include "python/provision/snapshots.h"
#include "python/resolve/layers.h"
#include "python/resolve/progress.h"

namespace envstore {

struct BuildChain;

/// The layers of a run in the store, leased and laid out.
struct ProvisionedLayers {
  std::vector<Lock> locks;  ///< of the layers that were resolved; the store had the others
  Snapshots snapshots;
  std::vector<LayerPlan> plans;      ///< of the snapshots, top first
  std::vector<WatchedPath> watched;  ///< local wheels of the layers
  ProvisionReport report;
};

/// Takes each layer's snapshot from the row of its request, else resolves and provisions it: lower layers
/// first, because their versions are kept in the layers above. `layout`: unless some distribution needs a
/// forest. `script_client`: for the script's layer, with pages that are already being fetched, or for that of
/// a build; may be null. `outer`: the build whose environment the layers are.
/// Throws Error{permission} if something is missing in a read-only store.
ProvisionedLayers provision_layers(StoreWriter& store, Lease& lease, const Interpreter& interpreter,
                                   const Layers& layers, Layout layout,
                                   std::shared_ptr<IndexClient> script_client, Progress& progress,
                                   const BuildChain* outer = nullptr);

/// The plan of a run in these layers, top first.
LaunchPlan launch_plan(const Interpreter& interpreter, std::vector<LayerPlan> layers);

}  // namespace envstore
