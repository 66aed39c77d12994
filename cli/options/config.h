#pragma once
#include <string>
#include <vector>

#include "cli/options/options.h"
#include "python/settings/script_settings.h"
#include "python/settings/setting_parsers.h"
#include "python/settings/settings_layer.h"

namespace envstore {

/// The configuration files that exist, nearest first: project, user, system.
struct ConfigurationFiles {
  std::vector<std::string> present;     ///< envstore.yaml
  std::vector<std::string> uv_project;  ///< in order; the first uv.toml or [tool.uv] counts
  std::vector<std::string> uv;  ///< uv.toml of the user and of the system, or only the one of --config-file
  std::vector<std::string> candidates;  ///< paths outside projects that are read if they exist
  bool use_pip = true;                  ///< read pip's configuration files as well
};
/// Where to look for configuration files.
struct ConfigurationSearch {
  std::string directory = {};         ///< the working directory
  std::string script_directory = {};  ///< empty: no script
  bool use_project = true;            ///< use envstore.yaml beside the nearest pyproject.toml
  bool use_files = true;              ///< false: no configuration files but `uv_file`
  std::string uv_file = {};           ///< if not empty, the only one of uv's files that is read
};
ConfigurationFiles find_configuration_files(const ConfigurationSearch& search);
/// The search that --no-config, --config-file, --no-project, --isolated and their variables ask for.
ConfigurationSearch configuration_search(const Arguments& arguments, const std::string& script_path);

/// Reads envstore.yaml. Throws Error{usage} with file, line and column for an unknown key or a malformed
/// value.
SettingsLayer read_yaml_settings(const std::string& path);
SettingsLayer parse_yaml_settings(const std::string& text, const std::string& path,
                                  SettingTable table = setting_table());

/// The paths of pip's configuration files, in the order in which pip reads them (a later one overrides):
/// global, user with the legacy path, PIP_CONFIG_FILE. Empty if PIP_CONFIG_FILE is /dev/null.
std::vector<std::string> pip_configuration_files();
/// Parses pip's INI dialect: the sections `global` and `install`. Throws Error{usage} with the line for
/// malformed input, and Error{unsupported} for a key that would change what is installed and is not
/// supported.
SettingsLayer parse_pip_settings(const std::string& text, const std::string& path,
                                 SettingTable table = setting_table());
SettingsLayer read_pip_settings();

/// The settings from variables. For each setting ENVSTORE_* has priority over UV_*, and UV_* over PIP_*.
/// Throws Error{usage} for an invalid yes or no, address or NAME=DATE.
SettingsLayer environment_settings(SettingTable table = setting_table());
/// Throws Error{usage} for the first variable with a value that its setting cannot have, even if another
/// source has priority.
void check_variables(SettingTable table = setting_table());
/// The settings from flags.
SettingsLayer flag_settings(const Arguments& arguments, SettingTable table = setting_table());
/// The values of one setting from its flags, or else from its variables.
std::vector<SettingValue> command_line_values(const Arguments& arguments, std::string_view setting);
/// Whether a flag, or else a variable, sets a yes_no setting to yes.
bool is_on(const Arguments& arguments, std::string_view setting);

/// The settings of uv's files, nearest first. Throws Error{usage, unsupported}.
SettingsLayer read_uv_settings(const ConfigurationFiles& files);

/// All sources merged, in this priority: flags, variables, script, envstore.yaml (project, user, system),
/// uv's files, pip's files, built-in values.
SettingsLayer merged_settings(const Arguments& arguments, const ScriptSettings& script,
                              const ConfigurationFiles& files);

}  // namespace envstore
