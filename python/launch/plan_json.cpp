#include <nlohmann/json.hpp>

#include "python/launch/launch.h"

namespace envstore {

std::string to_json(const LaunchPlan& plan) {
  using Json = nlohmann::json;
  Json layers = Json::array();
  for (const LayerPlan& layer : plan.layers)
    layers.push_back({{"snapshot", layer.snapshot.hex()},
                      {"layout", layer.layout == Layout::farm ? "farm" : "forest"},
                      {"has-pth", layer.has_pth},
                      {"scripts", layer.scripts},
                      {"prefix-entries", layer.prefix_entries}});
  const Json json = {{"interpreter", plan.interpreter}, {"home", plan.home},
                     {"version", plan.version},         {"site-path", plan.site_path},
                     {"layers", std::move(layers)},     {"editable-paths", plan.editable_paths}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace envstore
