#include "python/launch/environment.h"

#include <algorithm>
#include <array>

#include "python/launch/overlay.h"
#include "store/leases/private_directory.h"
#include "store/platform/store_paths.h"
#include "store/process/process_roles.h"

extern char** environ;

namespace envstore {
namespace {

bool is_named(std::string_view entry, std::string_view name) {
  return entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=';
}

void remove(std::vector<std::string>& environment, std::string_view name) {
  std::erase_if(environment, [&](const std::string& entry) { return is_named(entry, name); });
}

void set(std::vector<std::string>& environment, const std::string& name, const std::string& value) {
  remove(environment, name);
  environment.push_back(name + "=" + value);
}

bool is_inside(std::string_view path, const std::string& directory) {
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

class RunPlaces {
 public:
  explicit RunPlaces(const StoreReader& store)
      : scratches_(store.path() + "/" + store_paths::kScratch),
        snapshots_(store.path() + "/" + store_paths::kSnapshots),
        are_outside_(store.is_read_only()) {}
  bool have(std::string_view path) const {
    return is_inside(path, scratches_) || is_inside(path, snapshots_) ||
           (are_outside_ && is_in_private_directory(path));
  }

 private:
  std::string scratches_, snapshots_;
  bool are_outside_;
};

}  // namespace

bool is_inside_runs(std::string_view path, const StoreReader& store) {
  return RunPlaces(store).have(path);
}

std::string without_runs(std::string_view path_variable, const StoreReader& store) {
  const RunPlaces runs(store);
  std::string kept;
  while (!path_variable.empty()) {
    const std::string_view entry = path_variable.substr(0, path_variable.find(':'));
    path_variable.remove_prefix(std::min(entry.size() + 1, path_variable.size()));
    if (runs.have(entry)) continue;
    kept.append(":").append(entry);
  }
  return kept;
}

std::string_view value_in(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string& entry : environment)
    if (is_named(entry, name)) return std::string_view(entry).substr(name.size() + 1);
  return {};
}

std::vector<std::string> own_environment() {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) entries.emplace_back(*entry);
  return entries;
}

std::vector<std::string> run_environment(const std::vector<std::string>& inherited,
                                         const std::vector<std::pair<std::string, std::string>>& added,
                                         const StoreReader& store, const LaunchPlan& plan,
                                         const std::string& scratch, const std::string& lease) {
  std::vector<std::string> environment = inherited;
  for (const auto& [name, value] : added) set(environment, name, value);
  for (const char* name : {"PYTHONHOME", "__PYVENV_LAUNCHER__", "VIRTUAL_ENV_PROMPT"})
    remove(environment, name);
  std::string path = scratch + "/bin";
  for (const LayerPlan& layer : plan.layers)
    if (!layer.scripts.empty()) path += ":" + layer_path(store, layer) + "/bin";
  path += without_runs(value_in(environment, "PATH"), store);
  set(environment, "PATH", path);
  set(environment, "VIRTUAL_ENV", scratch);
  set(environment, role::kLeaseVariable, lease);
  return environment;
}

}  // namespace envstore
