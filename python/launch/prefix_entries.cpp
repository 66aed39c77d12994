#include <dirent.h>

#include <algorithm>
#include <map>
#include <set>

#include "python/launch/overlay.h"
#include "store/platform/files.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

/// Directories up to this depth are real: programs add entries to share/jupyter/labextensions.
constexpr int kRealDepth = 3;

/// Where programs replace whole directories, directories are real at every depth.
bool is_replaced_below(const std::string& path) {
  return path == "etc" || path.starts_with("etc/") || path.starts_with("share/jupyter/kernels/");
}
bool is_copied(const std::string& path) {
  return path.starts_with("etc/");
}

/// A directory like `labextensions/@scope` only groups others.
bool only_groups(const std::string& path) {
  return path.find("/@", path.rfind('/')) != std::string::npos;
}

struct LayerEntry {
  std::string layer;  ///< its prefix, relative to the store's root
  unsigned char type = DT_DIR;
};

class PrefixOverlay {
 public:
  PrefixOverlay(const StoreReader& store, ScratchRecipe& recipe) : store_(store), recipe_(recipe) {}

  /// `layers`: the layers that have the directory `path`; the first wins.
  void add_directory(const std::string& path, const std::vector<std::string>& layers,
                     const std::set<std::string>& hidden = {}) {
    if (hidden.empty()) recipe_.directories.push_back(path);
    std::map<std::string, std::vector<LayerEntry>> entries;
    for (const std::string& layer : layers)
      for (const DirectoryEntry& entry : list_directory(store_.root(), layer + "/" + path))
        if (!hidden.contains(entry.name)) entries[entry.name].push_back({layer, entry.type});
    for (const auto& [name, in_layers] : entries) add(path + "/" + name, in_layers);
  }

  void add(const std::string& path, const std::vector<LayerEntry>& in_layers) {
    const LayerEntry& first = in_layers.front();
    if (first.type == DT_DIR) {
      add_folder(path, in_layers);
    } else if (first.type == DT_REG && is_copied(path)) {
      recipe_.files.emplace_back(path, read_file(store_.root(), first.layer + "/" + path));
    } else if (first.type == DT_REG) {
      recipe_.hard_links.emplace_back(path, first.layer + "/" + path);
    }
    // Links are __pycache__ slots, which have no use outside their layer.
  }

 private:
  void add_folder(const std::string& path, const std::vector<LayerEntry>& in_layers) {
    std::vector<std::string> layers;
    for (const LayerEntry& entry : in_layers)
      if (entry.type == DT_DIR) layers.push_back(entry.layer);
    const auto depth = 1 + std::count(path.begin(), path.end(), '/');
    if (depth > kRealDepth && layers.size() == 1 && !is_replaced_below(path) && !only_groups(path)) {
      recipe_.symlinks.emplace_back(path, store_.path() + "/" + layers.front() + "/" + path);
      return;
    }
    add_directory(path, layers);
  }

  const StoreReader& store_;
  ScratchRecipe& recipe_;
};

unsigned char type_of(const StoreReader& store, const std::string& path) {
  const auto stamp = stat_at(store.root(), path, Links::do_not_follow);
  if (!stamp) return DT_UNKNOWN;
  return stamp->is_directory() ? DT_DIR : stamp->is_regular() ? DT_REG : DT_UNKNOWN;
}

/// Whether some layer has a script of this name, which then takes precedence over a directory in bin.
bool is_script(const LaunchPlan& plan, const std::string& name) {
  constexpr std::string_view kBin = "bin/";
  if (!name.starts_with(kBin)) return false;
  return std::any_of(plan.layers.begin(), plan.layers.end(), [&](const LayerPlan& layer) {
    return std::find(layer.scripts.begin(), layer.scripts.end(), name.substr(kBin.size())) !=
           layer.scripts.end();
  });
}

}  // namespace

void add_prefix_entries(const StoreReader& store, const LaunchPlan& plan, ScratchRecipe& recipe) {
  PrefixOverlay overlay(store, recipe);
  std::map<std::string, std::vector<LayerEntry>> tops;
  std::vector<std::string> libraries;
  for (const LayerPlan& layer : plan.layers) {
    const std::string prefix = store_paths::snapshot(layer.snapshot, layer.layout);
    for (const std::string& name : layer.prefix_entries) {
      if (name == "pyvenv.cfg" || name == "bin" || name == "lib" || name == "lib64") continue;
      const unsigned char type = type_of(store, prefix + "/" + name);
      if (is_script(plan, name)) continue;
      if (type != DT_UNKNOWN) tops[name].push_back({prefix, type});
    }
    if (type_of(store, prefix + "/lib") == DT_DIR) libraries.push_back(prefix);
  }
  for (const auto& [name, in_layers] : tops) overlay.add(name, in_layers);
  const std::size_t slash = plan.site_path.find('/');
  const std::string python =
      plan.site_path.substr(slash + 1, plan.site_path.find('/', slash + 1) - slash - 1);
  overlay.add_directory("lib", libraries, {python});
}

}  // namespace envstore
