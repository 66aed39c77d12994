#include "python/lock/lock.h"

#include <nlohmann/json.hpp>

#include "python/network/url.h"

namespace envstore {
namespace {

using Json = nlohmann::json;

Json hashes_json(const FileDigests& hashes) {
  Json list = Json::array();
  for (const FileDigest& hash : hashes) list.push_back(hash.text());
  return list;
}

Json package_json(const LockedPackage& package) {
  Json json = {{"name", package.name},
               {"version", package.version.canonical()},
               {"source", without_credentials(package.file.url)},
               {"hashes", hashes_json(package.file.hashes)},
               {"needs", package.dependencies}};
  if (!package.extras.empty()) json["extras"] = package.extras;
  if (package.is_direct) json["direct"] = true;
  return json;
}

}  // namespace

std::string to_json(const Lock& lock) {
  Json packages = Json::array();
  for (const LockedPackage& package : lock.packages) packages.push_back(package_json(package));
  const Json json = {
      {"interpreter", lock.interpreter}, {"markers", lock.markers}, {"packages", std::move(packages)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace envstore
