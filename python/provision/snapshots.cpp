#include "python/provision/snapshots.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace envstore {

std::string to_json(const Snapshots& snapshots) {
  nlohmann::json list = nlohmann::json::array();
  for (const Snapshots::Layer& layer : snapshots.layers)
    list.push_back({{"id", layer.id.hex()}, {"layout", layer.layout == Layout::farm ? "farm" : "forest"}});
  return list.dump();
}

Snapshots laid_out(const std::vector<SnapshotRecord>& layers, Layout wanted) {
  const bool needs_forest = std::any_of(layers.begin(), layers.end(), [](const SnapshotRecord& record) {
    return !record.forced_forest.empty();
  });
  Snapshots snapshots;
  for (const SnapshotRecord& record : layers)
    snapshots.layers.push_back({record.id(), needs_forest ? Layout::forest : wanted});
  return snapshots;
}

}  // namespace envstore
