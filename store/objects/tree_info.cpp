#include "store/objects/tree_info.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "store/platform/error.h"
#include "store/platform/json_number.h"
#include "store/platform/path_parts.h"

namespace envstore {
namespace {

constexpr std::string_view kSourceSuffix = ".py";
constexpr int kVersion = 1;
constexpr std::string_view kSite = "site/";

std::string as_json_text(const nlohmann::json& value) {
  return value.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

WheelHash wheel_of(const std::string& text) {
  const std::optional<WheelHash> hash = WheelHash::parse(text);
  if (!hash) throw Error(ErrorKind::damaged, "cannot read a tree.json: the wheel's hash is malformed");
  return *hash;
}

}  // namespace

std::string encode_tree_info(const TreeInfo& info) {
  return as_json_text({{"version", kVersion},
                       {"name", info.name},
                       {"distribution_version", info.version},
                       {"wheel", info.wheel.hex()},
                       {"wheel_filename", info.wheel_filename},
                       {"origin", info.origin},
                       {"forest_reason", info.forest_reason},
                       {"made_at_ns", info.made_at_ns}});
}

TreeInfo decode_tree_info(std::string_view json, const TreeManifest& manifest) {
  TreeInfo info;
  try {
    const nlohmann::json value = nlohmann::json::parse(json);
    if (whole_number<int>(value.at("version")) != kVersion)
      throw Error(ErrorKind::damaged, "cannot read a tree.json: an unknown version");
    info.name = value.at("name").get<std::string>();
    info.version = value.at("distribution_version").get<std::string>();
    info.wheel = wheel_of(value.at("wheel").get<std::string>());
    info.wheel_filename = value.at("wheel_filename").get<std::string>();
    info.origin = value.at("origin").get<std::string>();
    info.forest_reason = value.at("forest_reason").get<std::string>();
    info.made_at_ns = whole_number<std::int64_t>(value.at("made_at_ns"));
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::damaged, std::string("cannot read a tree.json: ") + error.what());
  }
  describe_content(info, manifest);
  return info;
}

void describe_content(TreeInfo& info, const TreeManifest& manifest) {
  info.files = manifest.entries().size();
  info.bytes = 0;
  info.has_pth = false;
  info.top_level.clear();
  for (const TreeEntry& entry : manifest.entries()) {
    info.bytes += entry.size;
    if (!entry.path.starts_with(kSite)) continue;
    const std::string_view rest = std::string_view(entry.path).substr(kSite.size());
    const std::string_view top = rest.substr(0, rest.find('/'));
    if (top.size() == rest.size() && top.ends_with(".pth")) info.has_pth = true;
    // `a-b` sorts between `a` and `a/c`, but everything below one directory is contiguous.
    if (info.top_level.empty() || info.top_level.back() != top) info.top_level.emplace_back(top);
  }
  std::sort(info.top_level.begin(), info.top_level.end());
}

bool is_source(std::string_view path) {
  return path.ends_with(kSourceSuffix);
}

std::string_view without_source_suffix(std::string_view path) {
  return path.substr(0, path.size() - kSourceSuffix.size());
}

std::vector<std::string> source_directories(const TreeManifest& manifest) {
  std::set<std::string> found;
  for (const TreeEntry& entry : manifest.entries())
    if (entry.path.starts_with(kSite) && is_source(entry.path)) found.insert(parent_of(entry.path));
  return {found.begin(), found.end()};
}

}  // namespace envstore
