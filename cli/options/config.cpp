#include "cli/options/config.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "cli/options/exclude_newer.h"
#include "cli/options/variables.h"
#include "pypackaging/requirement.h"
#include "python/default_index.h"
#include "python/network/url.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/format.h"
#include "store/platform/home.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

pypackaging::PrereleaseMode prerelease_mode(const Setting<std::string>& setting) {
  using Mode = pypackaging::PrereleaseMode;
  if (setting.value == "disallow") return Mode::disallow;
  if (setting.value == "allow") return Mode::allow;
  // uv's older name for the same mode.
  if (setting.value == "if-necessary" || setting.value == "if-necessary-or-explicit")
    return Mode::if_necessary;
  if (setting.value == "explicit") return Mode::explicit_only;
  throw_bad_value(setting, "prerelease mode", "disallow, allow, if-necessary or explicit");
}

pypackaging::Strategy strategy(const Setting<std::string>& setting) {
  using pypackaging::Strategy;
  if (setting.value == "highest") return Strategy::highest;
  if (setting.value == "lowest") return Strategy::lowest;
  if (setting.value == "lowest-direct") return Strategy::lowest_direct;
  throw_bad_value(setting, "resolution", "highest, lowest or lowest-direct");
}

IndexStrategy index_strategy(const Setting<std::string>& setting) {
  if (setting.value == "first-index") return IndexStrategy::first_index;
  if (setting.value == "unsafe-best-match") return IndexStrategy::unsafe_best_match;
  throw_bad_value(setting, "index strategy",
                  setting.value == "unsafe-first-match"
                      ? "first-index or unsafe-best-match; unsafe-first-match is not supported"
                      : "first-index or unsafe-best-match");
}

PythonPreference python_preference(const Setting<std::string>& setting) {
  if (setting.value == "only-managed") return PythonPreference::only_managed;
  if (setting.value == "managed") return PythonPreference::managed;
  if (setting.value == "system") return PythonPreference::system;
  if (setting.value == "only-system") return PythonPreference::only_system;
  throw_bad_value(setting, "python preference", "only-managed, managed, system or only-system");
}

bool uses_keyring(const Setting<std::string>& setting) {
  if (setting.value == "subprocess") return true;
  if (setting.value == "disabled" || setting.value == "auto") return false;
  throw_bad_value(setting, "keyring provider", "disabled or subprocess");
}

/// Percent-encodes user and password for the part of a URL before the @.
std::string percent_encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool is_plain =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("-._~", c) != nullptr;
    result += is_plain ? std::string(1, c) : format_text("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

template <class T>
void fill(std::optional<T>& upper, const std::optional<T>& lower) {
  if (!upper) upper = lower;
}

template <class T>
void fill(std::vector<Setting<T>>& upper, const std::vector<Setting<T>>& lower, Lists lists) {
  if (upper.empty() || lists == Lists::joined) upper.insert(upper.end(), lower.begin(), lower.end());
}

std::vector<Setting<IndexLocation>> with_source(const std::vector<IndexLocation>& locations,
                                                const std::string& source) {
  std::vector<Setting<IndexLocation>> result;
  for (const IndexLocation& location : locations) result.push_back({location, source});
  return result;
}

/// Adds UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD to the URL of a named index without
/// credentials, as uv does.
IndexLocation with_credentials_of_variables(IndexLocation index) {
  if (index.name.empty() || index.url.find("://") == std::string::npos) return index;
  std::string name;
  for (const char c : index.name) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const std::string user = variable_or_empty("UV_INDEX_" + name + "_USERNAME"),
                    password = variable_or_empty("UV_INDEX_" + name + "_PASSWORD");
  const std::size_t host = index.url.find("://") + 3;
  const std::string authority = index.url.substr(host, index.url.find('/', host) - host);
  if ((user.empty() && password.empty()) || authority.find('@') != std::string::npos) return index;
  index.url.insert(host,
                   percent_encoded(user) + (password.empty() ? "" : ":" + percent_encoded(password)) + "@");
  return index;
}

}  // namespace

void throw_bad_value(const Setting<std::string>& setting, std::string_view what, std::string_view allowed) {
  throw Error(ErrorKind::usage, format_text("cannot use '{}' as {} ({}): it must be {}", setting.value, what,
                                            setting.source, allowed));
}

void fill_from(GcSettings& upper, const GcSettings& lower) {
  fill(upper.max_size, lower.max_size);
  fill(upper.min_free, lower.min_free);
  fill(upper.reserved, lower.reserved);
  fill(upper.max_age, lower.max_age);
  fill(upper.keep_last, lower.keep_last);
  fill(upper.grace, lower.grace);
}

void fill_from(SettingsLayer& upper, const SettingsLayer& lower, Lists lists) {
  fill(upper.indexes, lower.indexes, lists);
  fill(upper.find_links, lower.find_links, lists);
  fill(upper.default_index, lower.default_index);
  fill(upper.no_index, lower.no_index);
  fill(upper.offline, lower.offline);
  fill(upper.require_hashes, lower.require_hashes);
  fill(upper.prerelease, lower.prerelease);
  fill(upper.resolution, lower.resolution);
  fill(upper.exclude_newer, lower.exclude_newer);
  fill(upper.index_strategy, lower.index_strategy);
  fill(upper.keyring_provider, lower.keyring_provider);
  fill(upper.no_sources, lower.no_sources);
  fill(upper.no_sources_packages, lower.no_sources_packages, lists);
  fill(upper.constraint_files, lower.constraint_files, lists);
  fill(upper.override_files, lower.override_files, lists);
  upper.exclude_newer_packages.insert(lower.exclude_newer_packages.begin(),
                                      lower.exclude_newer_packages.end());
  fill(upper.python, lower.python);
  fill(upper.python_preference, lower.python_preference);
  fill(upper.layout, lower.layout);
  fill(upper.bytecode, lower.bytecode);
  fill_from(upper.gc, lower.gc);
}

IndexLocation index_location(std::string_view written, const std::string& directory, bool is_find_links) {
  IndexLocation location;
  location.is_find_links = is_find_links;
  // `name=URL` is uv's form. A `=` after the scheme belongs to the URL's query.
  const std::size_t equals = written.find('='), rest = written.find_first_of(":/");
  if (!is_find_links && equals != std::string_view::npos && equals < rest) {
    location.name = written.substr(0, equals);
    written.remove_prefix(equals + 1);
  }
  location.url = written;
  if (is_index_address(written)) {
    location.url = checked_index_address(written);
    return location;
  }
  if (written.starts_with("~/"))
    location.url = home_directory() + location.url.substr(1);
  else if (!written.starts_with('/'))
    location.url = directory + "/" + location.url;
  location.url = absolute_path(location.url);
  return location;
}

SettingsLayer script_settings(const ScriptSettings& script, const std::string& source) {
  SettingsLayer layer;
  layer.indexes = with_source(script.indexes, source);
  layer.find_links = with_source(script.find_links, source);
  if (script.default_index) layer.default_index = {*script.default_index, source};
  if (script.no_index) layer.no_index = {*script.no_index, source};
  if (script.offline) layer.offline = {*script.offline, source};
  if (script.no_sources) layer.no_sources = {*script.no_sources, source};
  const auto set = [&](std::optional<Setting<std::string>>& setting,
                       const std::optional<std::string>& value) {
    if (value) setting = {*value, source};
  };
  set(layer.exclude_newer, script.exclude_newer);
  set(layer.prerelease, script.prerelease);
  set(layer.resolution, script.resolution);
  set(layer.index_strategy, script.index_strategy);
  set(layer.keyring_provider, script.keyring_provider);
  set(layer.python_preference, script.python_preference);
  for (const std::string& name : script.no_sources_packages)
    layer.no_sources_packages.push_back({name, source});
  for (const auto& [name, cutoff] : script.exclude_newer_packages)
    layer.exclude_newer_packages[name] = {cutoff, source};
  return layer;
}

SettingsLayer built_in_settings() {
  const std::string source = "built in";
  SettingsLayer layer;
  IndexLocation index;
  index.url = ENVSTORE_DEFAULT_INDEX;
  layer.default_index = {index, source};
  layer.no_index = {false, source};
  layer.offline = {false, source};
  layer.require_hashes = {false, source};
  layer.prerelease = {"if-necessary", source};
  layer.resolution = {"highest", source};
  layer.index_strategy = {"first-index", source};
  layer.python_preference = {"system", source};
  layer.layout = {"farm", source};
  layer.bytecode = {"background", source};
  layer.gc.max_size = {"20%", source};
  layer.gc.min_free = {"5%", source};
  layer.gc.max_age = {"90d", source};
  layer.gc.grace = {"1h", source};
  return layer;
}

SettingsLayer merged_settings(const Arguments& arguments, const ScriptSettings& script,
                              const ConfigurationFiles& files) {
  refuse_variables();
  SettingsLayer merged = flag_settings(arguments);
  fill_from(merged, environment_settings(), Lists::first_wins);
  fill_from(merged, script_settings(script, "the script's metadata"), Lists::joined);
  for (const std::string& path : files.present) fill_from(merged, read_yaml_settings(path), Lists::joined);
  fill_from(merged, read_uv_settings(files), Lists::joined);
  if (files.use_pip) fill_from(merged, read_pip_settings(), Lists::first_wins);
  fill_from(merged, built_in_settings(), Lists::first_wins);
  return merged;
}

ResolutionSettings resolution_settings(const SettingsLayer& merged) {
  ResolutionSettings settings;
  IndexSettings& indexes = settings.indexes;
  indexes.no_index = merged.no_index && merged.no_index->value;
  indexes.offline = merged.offline && merged.offline->value;
  settings.require_hashes = merged.require_hashes && merged.require_hashes->value;
  const auto take = [&](const IndexLocation& written) {
    const IndexLocation index = with_credentials_of_variables(written);
    if (!index.name.empty()) settings.named_indexes.push_back(index);
    if (!index.is_explicit && !indexes.no_index) indexes.indexes.push_back(index);
  };
  for (const auto& index : merged.indexes) take(index.value);
  // The default index comes last: the other indexes have priority.
  if (merged.default_index) take(merged.default_index->value);
  for (const auto& place : merged.find_links) indexes.find_links.push_back(place.value);
  if (merged.index_strategy) indexes.strategy = index_strategy(*merged.index_strategy);
  if (merged.keyring_provider) indexes.use_keyring = uses_keyring(*merged.keyring_provider);
  if (merged.prerelease) settings.prereleases = prerelease_mode(*merged.prerelease);
  if (merged.resolution) settings.strategy = strategy(*merged.resolution);
  if (merged.exclude_newer) settings.exclude_newer = parse_exclude_newer(*merged.exclude_newer);
  for (const auto& [name, cutoff] : merged.exclude_newer_packages)
    settings.exclude_newer_packages[name] = parse_exclude_newer(cutoff);
  if (merged.python_preference) settings.python_preference = python_preference(*merged.python_preference);
  for (const auto& path : merged.constraint_files) settings.constraint_files.push_back(path.value);
  for (const auto& path : merged.override_files) settings.override_files.push_back(path.value);
  return settings;
}

Layout layout_setting(const SettingsLayer& merged) {
  if (!merged.layout || merged.layout->value == "farm") return Layout::farm;
  if (merged.layout->value == "forest") return Layout::forest;
  throw_bad_value(*merged.layout, "layout", "farm or forest");
}

BytecodeMode bytecode_setting(const SettingsLayer& merged) {
  if (!merged.bytecode || merged.bytecode->value == "background") return BytecodeMode::background;
  if (merged.bytecode->value == "foreground") return BytecodeMode::foreground;
  if (merged.bytecode->value == "never") return BytecodeMode::never;
  throw_bad_value(*merged.bytecode, "bytecode", "background, foreground or never");
}

bool parse_boolean(const Setting<std::string>& setting) {
  const std::string lower = to_lower(setting.value);
  for (const char* word : {"1", "yes", "on", "true", "y", "t"})
    if (lower == word) return true;
  for (const char* word : {"0", "no", "off", "false", "n", "f", ""})
    if (lower == word) return false;
  throw_bad_value(setting, "yes or no", "true or false");
}

}  // namespace envstore
