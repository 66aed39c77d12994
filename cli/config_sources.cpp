#include <fmt/format.h>

#include <cstring>

#include "cli/config.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/files.h"

namespace envstore {
namespace {

/// Every variable that decides what a resolution answers.
constexpr const char* kVariables[] = {
    "ENVSTORE_INDEX",
    "ENVSTORE_DEFAULT_INDEX",
    "ENVSTORE_FIND_LINKS",
    "ENVSTORE_NO_INDEX",
    "ENVSTORE_OFFLINE",
    "ENVSTORE_REQUIRE_HASHES",
    "ENVSTORE_PRERELEASE",
    "ENVSTORE_RESOLUTION",
    "ENVSTORE_EXCLUDE_NEWER",
    "UV_INDEX",
    "UV_DEFAULT_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_NO_INDEX",
    "UV_OFFLINE",
    "UV_REQUIRE_HASHES",
    "UV_PRERELEASE",
    "UV_RESOLUTION",
    "UV_EXCLUDE_NEWER",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_NO_INDEX",
    "PIP_REQUIRE_HASHES",
    "PIP_CONFIG_FILE",
    "XDG_CONFIG_HOME",
    "XDG_CONFIG_DIRS",
};

/// The flags that decide it and are not fields of RunRequest.
constexpr const char* kFlags[] = {"index",      "default-index", "index-url",     "extra-index-url",
                                  "find-links", "no-index",      "exclude-newer", "prerelease",
                                  "pre",        "resolution",    "no-project",    "isolated"};

/// Flags and variables whose value may be a path relative to the working directory.
bool may_be_relative(const char* name, const std::string& value) {
  const bool is_place = std::strstr(name, "INDEX") != nullptr || std::strstr(name, "index") != nullptr ||
                        std::strstr(name, "LINKS") != nullptr || std::strstr(name, "links") != nullptr;
  return is_place && !value.empty() && value.find("://") == std::string::npos && value[0] != '/';
}

std::vector<std::string> split(const std::string& text, const char* separators) {
  std::vector<std::string> words;
  for (std::size_t at = text.find_first_not_of(separators); at != std::string::npos;) {
    const std::size_t end = text.find_first_of(separators, at);
    words.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(separators, end);
  }
  return words;
}

std::optional<Setting<std::string>> variable(const char* name) {
  std::string value = variable_or_empty(name);
  if (value.empty()) return std::nullopt;
  return Setting<std::string>{std::move(value), name};
}

void add_places(std::vector<Setting<IndexLocation>>& places, const char* name, const char* separators,
                bool is_find_links) {
  if (const auto setting = variable(name))
    for (const std::string& word : split(setting->value, separators))
      places.push_back({index_location(word, current_directory(), is_find_links), name});
}

void set_place(std::optional<Setting<IndexLocation>>& place, const char* name) {
  if (const auto setting = variable(name); setting && !place)
    place = {index_location(setting->value, current_directory(), false), name};
}

std::optional<Setting<bool>> boolean(const char* name) {
  const auto setting = variable(name);
  if (!setting) return std::nullopt;
  return Setting<bool>{parse_boolean(*setting), name};
}

constexpr const char* kSpaces = " \t\r\n";

SettingsLayer own_variables() {
  SettingsLayer layer;
  add_places(layer.indexes, "ENVSTORE_INDEX", kSpaces, false);
  add_places(layer.find_links, "ENVSTORE_FIND_LINKS", ",", true);
  set_place(layer.default_index, "ENVSTORE_DEFAULT_INDEX");
  layer.no_index = boolean("ENVSTORE_NO_INDEX");
  layer.offline = boolean("ENVSTORE_OFFLINE");
  layer.require_hashes = boolean("ENVSTORE_REQUIRE_HASHES");
  layer.prerelease = variable("ENVSTORE_PRERELEASE");
  layer.resolution = variable("ENVSTORE_RESOLUTION");
  layer.exclude_newer = variable("ENVSTORE_EXCLUDE_NEWER");
  layer.python = variable("ENVSTORE_PYTHON");
  layer.layout = variable("ENVSTORE_LAYOUT");
  layer.bytecode = variable("ENVSTORE_BYTECODE");
  return layer;
}

SettingsLayer uv_variables() {
  SettingsLayer layer;
  add_places(layer.indexes, "UV_INDEX", kSpaces, false);
  add_places(layer.indexes, "UV_EXTRA_INDEX_URL", kSpaces, false);
  add_places(layer.find_links, "UV_FIND_LINKS", ",", true);
  set_place(layer.default_index, "UV_DEFAULT_INDEX");
  set_place(layer.default_index, "UV_INDEX_URL");
  layer.no_index = boolean("UV_NO_INDEX");
  layer.offline = boolean("UV_OFFLINE");
  layer.require_hashes = boolean("UV_REQUIRE_HASHES");
  layer.prerelease = variable("UV_PRERELEASE");
  layer.resolution = variable("UV_RESOLUTION");
  layer.exclude_newer = variable("UV_EXCLUDE_NEWER");
  layer.python = variable("UV_PYTHON");
  return layer;
}

SettingsLayer pip_variables() {
  SettingsLayer layer;
  add_places(layer.indexes, "PIP_EXTRA_INDEX_URL", kSpaces, false);
  add_places(layer.find_links, "PIP_FIND_LINKS", kSpaces, true);
  set_place(layer.default_index, "PIP_INDEX_URL");
  layer.no_index = boolean("PIP_NO_INDEX");
  layer.require_hashes = boolean("PIP_REQUIRE_HASHES");
  return layer;
}

void add_flags(std::vector<Setting<IndexLocation>>& places, const Arguments& arguments, const char* name,
               bool is_find_links) {
  for (const std::string& value : arguments.values(name))
    places.push_back({index_location(value, current_directory(), is_find_links), fmt::format("--{}", name)});
}

void set_flag(std::optional<Setting<std::string>>& setting, const Arguments& arguments, const char* name) {
  if (arguments.has(name)) setting = {arguments.value(name), fmt::format("--{}", name)};
}

/// Length first: no two lists of words give the same text.
void add_word(std::string& text, std::string_view name, std::string_view value) {
  text += fmt::format("{} {} {}\n", name, value.size(), value);
}

}  // namespace

SettingsLayer environment_settings() {
  SettingsLayer layer = own_variables();
  fill_from(layer, uv_variables(), Lists::first_wins);
  fill_from(layer, pip_variables(), Lists::first_wins);
  return layer;
}

SettingsLayer flag_settings(const Arguments& arguments) {
  SettingsLayer layer;
  add_flags(layer.indexes, arguments, "index", false);
  add_flags(layer.indexes, arguments, "extra-index-url", false);
  add_flags(layer.find_links, arguments, "find-links", true);
  for (const char* name : {"default-index", "index-url"})
    if (arguments.has(name) && !layer.default_index)
      layer.default_index = {index_location(arguments.value(name), current_directory(), false),
                             fmt::format("--{}", name)};
  if (arguments.has("no-index")) layer.no_index = {true, "--no-index"};
  if (arguments.has("offline")) layer.offline = {true, "--offline"};
  if (arguments.has("pre")) layer.prerelease = {"allow", "--pre"};
  set_flag(layer.prerelease, arguments, "prerelease");
  set_flag(layer.resolution, arguments, "resolution");
  set_flag(layer.exclude_newer, arguments, "exclude-newer");
  set_flag(layer.python, arguments, "python");
  set_flag(layer.layout, arguments, "layout");
  if (arguments.has("compile-bytecode")) layer.bytecode = {"foreground", "--compile-bytecode"};
  return layer;
}

std::string raw_settings(const Arguments& arguments, const ConfigurationFiles& files) {
  std::string text;
  bool is_placed = false;
  for (const char* flag : kFlags) {
    if (!arguments.has(flag)) continue;
    add_word(text, flag, "");
    for (const std::string& value : arguments.values(flag)) {
      add_word(text, flag, value);
      is_placed = is_placed || may_be_relative(flag, value);
    }
  }
  for (const char* name : kVariables) {
    const char* value = std::getenv(name);
    if (value == nullptr) continue;
    add_word(text, name, value);
    is_placed = is_placed || may_be_relative(name, value);
    // One variable may hold several places.
    is_placed = is_placed || (std::strpbrk(value, " ,\t\n") != nullptr && may_be_relative(name, "x"));
  }
  for (const std::string& path : files.present) add_word(text, "file", path);
  if (is_placed) add_word(text, "directory", current_directory());
  return text;
}

}  // namespace envstore
