#include "cli/options/complete_request.h"

#include <algorithm>

#include "cli/options/describe_settings.h"
#include "python/network/url.h"
#include "python/provision/known_run.h"
#include "python/provision/run_cache.h"
#include "python/settings/requirements_file.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

std::vector<WatchedPath> watched_configuration(const ConfigurationFiles& files) {
  std::vector<WatchedPath> watched;
  for (const std::string& path : files.present) watched.push_back(watch(path));
  for (const std::string& path : files.uv_project) watched.push_back(watch(path));
  for (const std::string& path : files.candidates) watched.push_back(watch(path));
  if (files.use_pip)
    for (const std::string& path : pip_configuration_files()) watched.push_back(watch(path));
  return watched;
}

/// Parses requirements of a script's block; paths in them are relative to `directory`.
void add_requirements(std::vector<pypackaging::Requirement>& list, const std::vector<std::string>& texts,
                      const std::string& directory) {
  for (const std::string& text : texts) list.push_back(parse_user_requirement(text, directory));
}

/// Excludes packages: replaces all requirements for each by an override whose marker is never true.
void exclude(std::vector<pypackaging::Requirement>& overrides, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    std::erase_if(overrides, [&](const auto& override) { return override.normalized_name == name; });
    overrides.push_back(parse_user_requirement(name + " ; python_version < '0'", {}));
  }
}

/// The script's tool.uv.sources without those that --no-sources and --no-sources-package disable.
std::vector<PackageSource> sources_of(const ScriptSettings& script, const SettingsLayer& merged) {
  if (merged.is_on("no-sources")) return {};
  std::vector<PackageSource> sources = script.sources;
  for (const auto& name : merged.of("no-sources-package"))
    std::erase_if(sources, [&](const PackageSource& source) { return source.name == name.value; });
  return sources;
}

/// The merged settings, with those that only a script's metadata block has.
ResolutionSettings settings_of(const SettingsLayer& merged, const ScriptSettings& script,
                               const std::string& directory) {
  ResolutionSettings settings = resolution_settings(merged);
  settings.sources = sources_of(script, merged);
  add_requirements(settings.constraints, script.constraints, directory);
  add_requirements(settings.overrides, script.overrides, directory);
  exclude(settings.overrides, script.exclusions);
  add_requirements(settings.build.constraints, script.build_constraints, directory);
  return settings;
}

std::vector<SettingSource> sources_of_settings(const SettingsLayer& merged) {
  std::vector<SettingSource> sources;
  for (SettingRow& row : setting_rows(merged, Rules::left_out))
    sources.push_back({std::move(row.key), std::move(row.value), std::move(row.source)});
  return sources;
}

}  // namespace

Request complete_request(const Arguments& arguments, const RunSetup& setup, const RunKey& key) {
  Request request;
  request.words = setup.request;
  request.key = key;
  const std::string directory = directory_of(setup.request);
  if (key.block)
    request.script =
        read_script_metadata(key.block->toml, key.block->first_line, setup.request.target.name, directory);
  request.watched = watched_configuration(setup.files);
  const SettingsLayer merged = merged_settings(arguments, request.script.settings, setup.files);
  request.settings = settings_of(merged, request.script.settings, directory);
  apply_flags(setup.request, request.settings);
  request.sources = sources_of_settings(merged);
  return request;
}

std::string describe_setup(const StoreReader& store, const Arguments& arguments, const RunSetup& setup) {
  const SettingsLayer merged = merged_settings(arguments, {}, setup.files);
  std::string text = format_text("store: {}\n", store.path());
  for (const SettingValue& index : merged.of("index"))
    text += format_text("index: {} ({})\n", display_url(index.value), index.source);
  for (const SettingValue& index : merged.of("default-index"))
    text += format_text("default index: {} ({})\n", display_url(index.value), index.source);
  for (const SettingValue& place : merged.of("find-links"))
    text += format_text("find-links: {} ({})\n", display_url(place.value), place.source);
  if (!setup.request.python.empty()) text += format_text("python: {}\n", setup.request.python);
  return text;
}

}  // namespace envstore
