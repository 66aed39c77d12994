#include "python/resolve/layers.h"

#include <nlohmann/json.hpp>

#include "python/network/url.h"
#include "store/platform/terminal_text.h"

namespace envstore {
namespace {

using Json = nlohmann::json;

std::string name_of(Layer::Source source) {
  switch (source) {
    case Layer::Source::script:
      return "script";
    case Layer::Source::with:
      return "with";
    case Layer::Source::lock_file:
      return "lock-file";
    case Layer::Source::build:
      return "build";
    case Layer::Source::own_pip:
      break;
  }
  return "own-pip";
}

Json requirements_json(const std::vector<pypackaging::Requirement>& requirements) {
  Json list = Json::array();
  for (pypackaging::Requirement requirement : requirements) {
    if (requirement.url) requirement.url = without_credentials(*requirement.url);
    list.push_back(requirement.canonical());
  }
  return list;
}

Json locations_json(const std::vector<IndexLocation>& locations) {
  Json list = Json::array();
  for (const IndexLocation& location : locations) list.push_back(display_url(location.url));
  return list;
}

Json hashes_json(const RequiredHashes& hashes) {
  Json json = Json::object();
  for (const auto& [name, allowed] : hashes.allowed)
    for (const FileDigest& hash : allowed) json[name].push_back(hash.text());
  return json;
}

Json layer_json(const Layer& layer) {
  Json json = {{"source", name_of(layer.source)},
               {"label", without_secrets(layer.label)},
               {"requirements", requirements_json(layer.requirements)},
               {"indexes", locations_json(layer.settings.indexes.indexes)}};
  if (!layer.settings.indexes.find_links.empty())
    json["find-links"] = locations_json(layer.settings.indexes.find_links);
  if (!layer.settings.constraints.empty())
    json["constraints"] = requirements_json(layer.settings.constraints);
  if (!layer.settings.overrides.empty()) json["overrides"] = requirements_json(layer.settings.overrides);
  if (!layer.hashes.allowed.empty()) json["hashes"] = hashes_json(layer.hashes);
  if (layer.hashes.for_all || layer.settings.require_hashes) json["require-hashes"] = true;
  if (layer.locked) json["locked"] = layer.locked->packages.size();
  if (!layer.only_without.empty()) json["only-without"] = layer.only_without;
  return json;
}

}  // namespace

std::string to_json(const Layers& layers) {
  Json list = Json::array();
  for (const Layer& layer : layers.layers) list.push_back(layer_json(layer));
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace envstore
