#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "cli/options/config.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/format.h"
#include "store/platform/home.h"

namespace envstore {
namespace {

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

bool is_inside(const std::string& directory, const std::string& above) {
  return directory == above || directory.starts_with(above + "/");
}

struct ProjectFiles {
  std::string yaml;             ///< envstore.yaml beside the nearest pyproject.toml
  std::vector<std::string> uv;  ///< nearest directory first; in each, uv.toml before pyproject.toml
};

/// Searches the directory and its parents, up to but not including the first one that contains `end`. Each
/// name is tested once for all configurations that use it.
ProjectFiles look_upward(std::string directory, const std::string& end) {
  ProjectFiles found;
  bool has_project = false;
  for (; !directory.empty(); directory.erase(directory.rfind('/'))) {
    if (!end.empty() && is_inside(end, directory)) break;
    if (exists(directory + "/uv.toml")) found.uv.push_back(directory + "/uv.toml");
    if (!exists(directory + "/pyproject.toml")) continue;
    found.uv.push_back(directory + "/pyproject.toml");
    if (!has_project && exists(directory + "/envstore.yaml")) found.yaml = directory + "/envstore.yaml";
    has_project = true;
  }
  return found;
}

void find_project_files(const ConfigurationSearch& search, ConfigurationFiles& files) {
  const bool use_uv = search.uv_file.empty();
  ProjectFiles here = look_upward(search.directory, {});
  if (search.use_project && !here.yaml.empty()) files.present.push_back(here.yaml);
  if (!use_uv) return;
  // As in uv, the files around the script have priority over those around the working directory.
  files.uv_project = look_upward(search.script_directory, search.directory).uv;
  std::move(here.uv.begin(), here.uv.end(), std::back_inserter(files.uv_project));
}

std::string system_uv_file() {
  std::string directories = variable_or_empty("XDG_CONFIG_DIRS");
  for (std::size_t at = 0; at < directories.size();) {
    const std::size_t end = std::min(directories.find(':', at), directories.size());
    const std::string path = directories.substr(at, end - at) + "/uv/uv.toml";
    if (path.starts_with('/') && exists(path)) return path;
    at = end + 1;
  }
  return "/etc/uv/uv.toml";
}

void add_uv_candidates(const ConfigurationSearch& search, const std::string& config_home,
                       std::vector<std::string>& candidates) {
  if (!search.uv_file.empty()) {
    candidates.push_back(search.uv_file);
    return;
  }
  if (!config_home.empty()) candidates.push_back(config_home + "/uv/uv.toml");
  if (!is_on({}, "no-system-config")) candidates.push_back(system_uv_file());
}

}  // namespace

ConfigurationFiles find_configuration_files(const ConfigurationSearch& search) {
  ConfigurationFiles files;
  files.use_pip = search.use_files;
  if (!search.uv_file.empty() && !exists(search.uv_file))
    throw Error(ErrorKind::not_found, format_text("cannot read '{}': it does not exist", search.uv_file),
                "it was named by --config-file or UV_CONFIG_FILE");
  if (!search.use_files) {
    // As in uv, a file that is named is read although none is looked for.
    if (!search.uv_file.empty()) files.uv = files.candidates = {search.uv_file};
    return files;
  }
  find_project_files(search, files);
  const std::string home = home_directory(), named_home = variable_or_empty("XDG_CONFIG_HOME");
  const std::string config_home = named_home.starts_with('/') ? named_home
                                  : home.empty()              ? ""
                                                              : home + "/.config";
  std::vector<std::string> own;
  if (!config_home.empty()) own.push_back(config_home + "/envstore/envstore.yaml");
  own.emplace_back("/etc/envstore/envstore.yaml");
  std::vector<std::string> uv;
  add_uv_candidates(search, config_home, uv);
  for (const std::string& path : own)
    if (exists(path)) files.present.push_back(path);
  for (const std::string& path : uv)
    if (exists(path)) files.uv.push_back(path);
  files.candidates = std::move(own);
  files.candidates.insert(files.candidates.end(), uv.begin(), uv.end());
  return files;
}

ConfigurationSearch configuration_search(const Arguments& arguments, const std::string& script_path) {
  ConfigurationSearch search;
  search.directory = current_directory();
  if (!script_path.empty()) search.script_directory = script_path.substr(0, script_path.rfind('/'));
  search.use_project = !is_on(arguments, "no-project") && !is_on(arguments, "isolated");
  search.use_files = !is_on(arguments, "no-config");
  for (const SettingValue& named : command_line_values(arguments, "config-file"))
    search.uv_file = named.value;
  return search;
}

}  // namespace envstore
