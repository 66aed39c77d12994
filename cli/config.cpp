#include "cli/config.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <ctime>

#include "pypackaging/requirement.h"
#include "python/default_index.h"
#include "python/index/upload_time.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

std::optional<std::string> project_file(std::string directory) {
  while (!directory.empty()) {
    if (exists(directory + "/pyproject.toml")) {
      std::string file = directory + "/envstore.yaml";
      return exists(file) ? std::optional(std::move(file)) : std::nullopt;
    }
    directory.erase(directory.rfind('/'));
  }
  return std::nullopt;
}

[[noreturn]] void throw_bad_value(const Setting<std::string>& setting, std::string_view what,
                                  std::string_view allowed) {
  throw Error(ErrorKind::usage, fmt::format("cannot use '{}' as {} ({}): it must be {}", setting.value, what,
                                            setting.source, allowed));
}

pypackaging::PrereleaseMode prerelease_mode(const Setting<std::string>& setting) {
  using Mode = pypackaging::PrereleaseMode;
  if (setting.value == "disallow") return Mode::disallow;
  if (setting.value == "allow") return Mode::allow;
  // The longer name is uv's older one.
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

template <class T>
void fill(std::optional<T>& upper, const std::optional<T>& lower) {
  if (!upper) upper = lower;
}

void fill(std::vector<Setting<IndexLocation>>& upper, const std::vector<Setting<IndexLocation>>& lower,
          Lists lists) {
  if (upper.empty() || lists == Lists::joined) upper.insert(upper.end(), lower.begin(), lower.end());
}

std::vector<Setting<IndexLocation>> with_source(const std::vector<IndexLocation>& locations,
                                                const std::string& source) {
  std::vector<Setting<IndexLocation>> result;
  for (const IndexLocation& location : locations) result.push_back({location, source});
  return result;
}

}  // namespace

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
  fill(upper.python, lower.python);
  fill(upper.layout, lower.layout);
  fill(upper.bytecode, lower.bytecode);
  fill_from(upper.gc, lower.gc);
}

ConfigurationFiles find_configuration_files(const std::string& directory, bool use_project) {
  ConfigurationFiles files;
  if (use_project)
    if (auto project = project_file(directory)) files.present.push_back(std::move(*project));
  const std::string home = variable_or_empty("HOME"), config_home = variable_or_empty("XDG_CONFIG_HOME");
  if (config_home.starts_with('/'))
    files.candidates.push_back(config_home + "/envstore/envstore.yaml");
  else if (!home.empty())
    files.candidates.push_back(home + "/.config/envstore/envstore.yaml");
  files.candidates.push_back("/etc/envstore/envstore.yaml");
  for (const std::string& path : files.candidates)
    if (exists(path)) files.present.push_back(path);
  return files;
}

IndexLocation index_location(std::string_view written, const std::string& directory, bool is_find_links) {
  IndexLocation location;
  location.is_find_links = is_find_links;
  // `name=URL` is uv's form; a URL's query has its `=` behind the scheme.
  const std::size_t equals = written.find('='), rest = written.find_first_of(":/");
  if (!is_find_links && equals != std::string_view::npos && equals < rest) {
    location.name = written.substr(0, equals);
    written.remove_prefix(equals + 1);
  }
  location.url = written;
  if (written.find("://") != std::string_view::npos) return location;
  if (written.starts_with("~/"))
    location.url = variable_or_empty("HOME") + location.url.substr(1);
  else if (!written.starts_with('/'))
    location.url = directory + "/" + location.url;
  location.url = absolute_path(location.url);
  return location;
}

SettingsLayer script_settings(const ScriptSettings& script) {
  const std::string source = "the script's metadata";
  SettingsLayer layer;
  layer.indexes = with_source(script.indexes, source);
  layer.find_links = with_source(script.find_links, source);
  if (script.default_index) layer.default_index = {*script.default_index, source};
  if (script.no_index) layer.no_index = {*script.no_index, source};
  if (script.exclude_newer) layer.exclude_newer = {*script.exclude_newer, source};
  if (script.prerelease) layer.prerelease = {*script.prerelease, source};
  if (script.resolution) layer.resolution = {*script.resolution, source};
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
  layer.layout = {"farm", source};
  layer.bytecode = {"background", source};
  layer.gc.grace = {"1h", source};
  return layer;
}

SettingsLayer merged_settings(const Arguments& arguments, const ScriptSettings& script,
                              const ConfigurationFiles& files) {
  SettingsLayer merged = flag_settings(arguments);
  fill_from(merged, environment_settings(), Lists::first_wins);
  fill_from(merged, script_settings(script), Lists::joined);
  for (const std::string& path : files.present) fill_from(merged, read_yaml_settings(path), Lists::joined);
  fill_from(merged, read_pip_settings(), Lists::first_wins);
  fill_from(merged, built_in_settings(), Lists::first_wins);
  return merged;
}

ResolutionSettings resolution_settings(const SettingsLayer& merged) {
  ResolutionSettings settings;
  settings.indexes.no_index = merged.no_index && merged.no_index->value;
  settings.indexes.offline = merged.offline && merged.offline->value;
  settings.require_hashes = merged.require_hashes && merged.require_hashes->value;
  if (!settings.indexes.no_index) {
    for (const auto& index : merged.indexes) settings.indexes.indexes.push_back(index.value);
    // The default comes last: what is named beside it has priority.
    if (merged.default_index) settings.indexes.indexes.push_back(merged.default_index->value);
  }
  for (const auto& place : merged.find_links) settings.indexes.find_links.push_back(place.value);
  if (merged.prerelease) settings.prereleases = prerelease_mode(*merged.prerelease);
  if (merged.resolution) settings.strategy = strategy(*merged.resolution);
  if (merged.exclude_newer) settings.exclude_newer_ns = parse_exclude_newer(*merged.exclude_newer);
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

std::int64_t parse_exclude_newer(const Setting<std::string>& setting) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  if (const auto moment = parse_upload_time(setting.value)) return *moment;
  std::tm day{};
  const char* end = ::strptime(setting.value.c_str(), "%Y-%m-%d", &day);
  constexpr std::size_t kDateLength = 10;
  if (end == nullptr || *end != '\0' || setting.value.size() != kDateLength)
    throw_bad_value(setting, "exclude-newer", "a date (2025-01-31) or a time (2025-01-31T12:00:00Z)");
  const int month_day = day.tm_mday++;
  day.tm_isdst = -1;
  std::tm check = day;
  check.tm_mday = month_day;
  const bool is_date = ::timegm(&check) != -1 && check.tm_mday == month_day;
  if (!is_date) throw_bad_value(setting, "exclude-newer", "a date that exists");
  return static_cast<std::int64_t>(::mktime(&day)) * kNanoseconds;
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
