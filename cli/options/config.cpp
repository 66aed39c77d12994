#include "cli/options/config.h"

#include "cli/options/refused.h"
#include "python/settings/uv_options.h"
#include "store/platform/user_file.h"

namespace envstore {

SettingsLayer read_uv_settings(const ConfigurationFiles& files) {
  constexpr std::size_t kLargestFile = std::size_t{1} << 24;
  SettingsLayer layer;
  const auto take = [&](const std::string& path) {
    const auto text = read_user_text(path, kLargestFile);
    const auto settings = text ? read_uv_file(*text, path) : std::nullopt;
    if (settings) layer.fill_from(settings->layer, Lists::joined);
    return settings.has_value();
  };
  for (const std::string& path : files.uv_project)
    if (take(path)) break;
  for (const std::string& path : files.uv) take(path);
  return layer;
}

SettingsLayer merged_settings(const Arguments& arguments, const ScriptSettings& script,
                              const ConfigurationFiles& files) {
  refuse_variables();
  check_variables();
  SettingsLayer merged = flag_settings(arguments);
  merged.fill_from(environment_settings(), Lists::first_wins);
  merged.fill_from(script.layer, Lists::joined);
  for (const std::string& path : files.present) merged.fill_from(read_yaml_settings(path), Lists::joined);
  merged.fill_from(read_uv_settings(files), Lists::joined);
  if (files.use_pip) merged.fill_from(read_pip_settings(), Lists::first_wins);
  merged.fill_from(built_in_settings(), Lists::first_wins);
  return merged;
}

}  // namespace envstore
