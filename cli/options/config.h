#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options/options.h"
#include "python/provision/prepare.h"

namespace envstore {

/// A value and its origin: a flag, a variable, a file with its line, or "built in".
template <class T>
struct Setting {
  T value;
  std::string source;
};

/// The rules for what gc may remove (`gc:` in envstore.yaml, ENVSTORE_GC_*), unparsed.
struct GcSettings {
  std::optional<Setting<std::string>> max_size, min_free, reserved, max_age, keep_last, grace;
};

/// The settings of one source. A member without a value is not set by that source.
struct SettingsLayer {
  std::vector<Setting<IndexLocation>> indexes, find_links;
  std::optional<Setting<IndexLocation>> default_index;
  std::optional<Setting<bool>> no_index, offline, require_hashes, no_sources;
  std::optional<Setting<std::string>> prerelease, resolution, exclude_newer, index_strategy, keyring_provider,
      python, python_preference, layout, bytecode;
  std::map<std::string, Setting<std::string>> exclude_newer_packages;  ///< by normalised name
  std::vector<Setting<std::string>> constraint_files, override_files;  ///< absolute paths
  std::vector<Setting<std::string>> no_sources_packages;               ///< normalised names
  GcSettings gc;
};

/// Copies from `lower` each setting that `upper` does not have. `Lists::joined`: lists (indexes, find-links,
/// constraints, ...) are concatenated, `upper` first. `Lists::first_wins`: a list of `lower` counts only if
/// that of `upper` is empty.
enum class Lists { joined, first_wins };
void fill_from(SettingsLayer& upper, const SettingsLayer& lower, Lists lists);
void fill_from(GcSettings& upper, const GcSettings& lower);

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
SettingsLayer parse_yaml_settings(const std::string& text, const std::string& path);

/// The paths of pip's configuration files, in the order in which pip reads them (a later one overrides):
/// global, user with the legacy path, PIP_CONFIG_FILE. Empty if PIP_CONFIG_FILE is /dev/null.
std::vector<std::string> pip_configuration_files();
/// Parses pip's INI dialect: the sections `global` and `install`. Throws Error{usage} with the line for
/// malformed input, and Error{unsupported} for a key that would change what is installed and is not
/// supported.
SettingsLayer parse_pip_settings(const std::string& text, const std::string& path);
SettingsLayer read_pip_settings();

/// The settings from variables. For each setting ENVSTORE_* has priority over UV_*, and UV_* over PIP_*.
SettingsLayer environment_settings();
/// The flags of `run` and `config`.
SettingsLayer flag_settings(const Arguments& arguments);
/// The settings of a script's metadata block or of one of uv's files; `source` is used in messages.
SettingsLayer script_settings(const ScriptSettings& script, const std::string& source);
/// The settings of uv's files, nearest first. Throws Error{usage, unsupported}.
SettingsLayer read_uv_settings(const ConfigurationFiles& files);
SettingsLayer built_in_settings();

/// Parses an index or find-links location: a URL, `name=URL` (indexes only), or a path relative to
/// `directory`.
IndexLocation index_location(std::string_view written, const std::string& directory, bool is_find_links);

/// All sources merged, in this priority: flags, variables, script, envstore.yaml (project, user, system),
/// uv's files, pip's files, built-in values (DESIGN section 7).
SettingsLayer merged_settings(const Arguments& arguments, const ScriptSettings& script,
                              const ConfigurationFiles& files);
/// Throws Error{usage} that names the source of an invalid value.
ResolutionSettings resolution_settings(const SettingsLayer& merged);
Layout layout_setting(const SettingsLayer& merged);          ///< throws in the same way
BytecodeMode bytecode_setting(const SettingsLayer& merged);  ///< throws in the same way

bool parse_boolean(const Setting<std::string>& setting);
/// `name=DATE` of --exclude-newer-package.
void add_package_cutoff(SettingsLayer& layer, const Setting<std::string>& setting);
/// Throws Error{usage}: `setting.value` is not a valid `what`; `allowed` describes the valid values.
[[noreturn]] void throw_bad_value(const Setting<std::string>& setting, std::string_view what,
                                  std::string_view allowed);

/// The flags and variables that affect a resolution, unparsed, and the paths of the configuration files. Part
/// of the run cache key (RunRequest::raw_settings).
std::string raw_settings(const Arguments& arguments, const ConfigurationFiles& files);

}  // namespace envstore
