#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options/options.h"
#include "python/provision/prepare.h"

namespace envstore {

/// A value, and where it came from: a flag, a variable, a file with its line, or what is built in.
template <class T>
struct Setting {
  T value;
  std::string source;
};

/// What may go from the store (`gc:` in envstore.yaml, ENVSTORE_GC_*), as written.
struct GcSettings {
  std::optional<Setting<std::string>> max_size, min_free, reserved, max_age, keep_last, grace;
};

/// What one source says. Absent: the source says nothing of it.
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

/// Takes from `lower` what `upper` does not say. `Lists::joined`: indexes and find-links of both count, upper
/// first.
enum class Lists { joined, first_wins };
void fill_from(SettingsLayer& upper, const SettingsLayer& lower, Lists lists);
void fill_from(GcSettings& upper, const GcSettings& lower);

/// The configuration files that there are, nearest first: the project's, the user's, the system's.
struct ConfigurationFiles {
  std::vector<std::string> present;     ///< envstore.yaml
  std::vector<std::string> uv_project;  ///< uv.toml and pyproject.toml: the first that says something counts
  std::vector<std::string> uv;          ///< uv.toml of the user and of the system, or the one that was named
  std::vector<std::string> candidates;  ///< every path outside a project that would be read if it were there
  bool use_pip = true;                  ///< pip's configuration files count, too
};
/// Where to look for configuration files.
struct ConfigurationSearch {
  std::string directory = {};         ///< the working directory
  std::string script_directory = {};  ///< empty: no script
  bool use_project = true;   ///< look for envstore.yaml beside the next pyproject.toml above `directory`
  bool use_files = true;     ///< false: look for no configuration file at all
  std::string uv_file = {};  ///< the only one of uv's files that counts; empty: none was named
};
ConfigurationFiles find_configuration_files(const ConfigurationSearch& search);
/// What --no-config, --config-file, --no-project and --isolated and their variables say.
ConfigurationSearch configuration_search(const Arguments& arguments, const std::string& script_path);

/// envstore.yaml. Throws Error{usage} with file, line and column for anything unknown or malformed.
SettingsLayer read_yaml_settings(const std::string& path);
SettingsLayer parse_yaml_settings(const std::string& text, const std::string& path);

/// The files of pip's configuration, in the order in which pip reads them (a later one overrides): global,
/// user with the legacy place, PIP_CONFIG_FILE. /dev/null there: none.
std::vector<std::string> pip_configuration_files();
/// pip's dialect of ini: the sections `global` and `install`. What is malformed there is an Error{usage} with
/// its line.
SettingsLayer parse_pip_settings(const std::string& text, const std::string& path);
SettingsLayer read_pip_settings();

/// The first of ENVSTORE_*, UV_*, PIP_* that says something of a thing.
SettingsLayer environment_settings();
/// The flags of `run` and `config`.
SettingsLayer flag_settings(const Arguments& arguments);
/// `source`: for messages.
SettingsLayer script_settings(const ScriptSettings& script, const std::string& source);
/// uv's files, nearest first. Throws Error{usage, unsupported}.
SettingsLayer read_uv_settings(const ConfigurationFiles& files);
SettingsLayer built_in_settings();

/// An index or a find-links place as written: a URL, `name=URL`, or a path relative to `directory`.
IndexLocation index_location(std::string_view written, const std::string& directory, bool is_find_links);

/// Flags > variables > script > envstore.yaml (project, user, system) > pip's files > built in (DESIGN
/// section 7).
SettingsLayer merged_settings(const Arguments& arguments, const ScriptSettings& script,
                              const ConfigurationFiles& files);
/// Throws Error{usage} that names the source of a value that cannot be understood.
ResolutionSettings resolution_settings(const SettingsLayer& merged);
Layout layout_setting(const SettingsLayer& merged);          ///< throws in the same way
BytecodeMode bytecode_setting(const SettingsLayer& merged);  ///< throws in the same way

bool parse_boolean(const Setting<std::string>& setting);
/// `name=DATE` of --exclude-newer-package.
void add_package_cutoff(SettingsLayer& layer, const Setting<std::string>& setting);
/// Error{usage}: `setting.value` is no `what`; `allowed` tells what would be one.
[[noreturn]] void throw_bad_value(const Setting<std::string>& setting, std::string_view what,
                                  std::string_view allowed);

/// The flags and variables that decide a resolution, unparsed, and the configuration files that there are:
/// what the memo compares (RunRequest::raw_settings).
std::string raw_settings(const Arguments& arguments, const ConfigurationFiles& files);

}  // namespace envstore
