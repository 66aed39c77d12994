
#include <cstring>

#include "cli/options/config.h"
#include "cli/options/variables.h"
#include "pypackaging/name.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/format.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

/// The flags that affect a resolution and are not fields of RunRequest.
struct FlagSpec {
  const char* name;
  bool is_place = false;  ///< its value may be a relative path
};
constexpr FlagSpec kFlags[] = {{"index", true},        {"default-index", true},
                               {"index-url", true},    {"extra-index-url", true},
                               {"find-links", true},   {"constraints", true},
                               {"overrides", true},    {"config-file", true},
                               {"no-index"},           {"index-strategy"},
                               {"exclude-newer"},      {"exclude-newer-package"},
                               {"prerelease"},         {"pre"},
                               {"resolution"},         {"no-sources"},
                               {"no-sources-package"}, {"no-lock"},
                               {"python-preference"},  {"managed-python"},
                               {"no-managed-python"},  {"no-project"},
                               {"no-config"},          {"isolated"}};

bool may_be_relative(std::string_view value) {
  return !value.empty() && value.find("://") == std::string_view::npos && value[0] != '/';
}

constexpr const char* kSpaces = " \t\r\n";

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

void add_paths(std::vector<Setting<std::string>>& paths, const char* name) {
  if (const auto setting = variable(name))
    for (const std::string& word : split(setting->value, kSpaces))
      paths.push_back({absolute_path(word), name});
}

/// The preference from --managed-python and --no-managed-python, or from their variables.
std::optional<Setting<std::string>> managed_python(const char* managed, const char* unmanaged) {
  if (const auto wanted = boolean(managed); wanted && wanted->value)
    return Setting<std::string>{"only-managed", managed};
  if (const auto wanted = boolean(unmanaged); wanted && wanted->value)
    return Setting<std::string>{"only-system", unmanaged};
  return std::nullopt;
}

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
  if (const auto cutoffs = variable("ENVSTORE_EXCLUDE_NEWER_PACKAGE"))
    for (const std::string& each : split(cutoffs->value, ","))
      add_package_cutoff(layer, {each, cutoffs->source});
  layer.index_strategy = variable("ENVSTORE_INDEX_STRATEGY");
  layer.keyring_provider = variable("ENVSTORE_KEYRING_PROVIDER");
  layer.no_sources = boolean("ENVSTORE_NO_SOURCES");
  add_paths(layer.constraint_files, "ENVSTORE_CONSTRAINTS");
  add_paths(layer.override_files, "ENVSTORE_OVERRIDES");
  layer.python_preference = variable("ENVSTORE_PYTHON_PREFERENCE");
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
  layer.index_strategy = variable("UV_INDEX_STRATEGY");
  layer.keyring_provider = variable("UV_KEYRING_PROVIDER");
  layer.no_sources = boolean("UV_NO_SOURCES");
  if (const auto names = variable("UV_NO_SOURCES_PACKAGE"))
    for (const std::string& name : split(names->value, kSpaces))
      layer.no_sources_packages.push_back({pypackaging::normalize_name(name), names->source});
  add_paths(layer.constraint_files, "UV_CONSTRAINT");
  add_paths(layer.override_files, "UV_OVERRIDE");
  layer.python = variable("UV_PYTHON");
  layer.python_preference = managed_python("UV_MANAGED_PYTHON", "UV_NO_MANAGED_PYTHON");
  if (!layer.python_preference) layer.python_preference = variable("UV_PYTHON_PREFERENCE");
  if (const auto compile = boolean("UV_COMPILE_BYTECODE"); compile && compile->value)
    layer.bytecode = {"foreground", compile->source};
  return layer;
}

/// pip has more providers than uv; only `subprocess` is supported here, the others are ignored.
std::optional<Setting<std::string>> pip_keyring_provider(std::optional<Setting<std::string>> setting) {
  if (setting && setting->value != "subprocess") return std::nullopt;
  return setting;
}

SettingsLayer pip_variables() {
  SettingsLayer layer;
  add_places(layer.indexes, "PIP_EXTRA_INDEX_URL", kSpaces, false);
  add_places(layer.find_links, "PIP_FIND_LINKS", kSpaces, true);
  set_place(layer.default_index, "PIP_INDEX_URL");
  layer.no_index = boolean("PIP_NO_INDEX");
  layer.require_hashes = boolean("PIP_REQUIRE_HASHES");
  layer.exclude_newer = variable("PIP_UPLOADED_PRIOR_TO");
  layer.keyring_provider = pip_keyring_provider(variable("PIP_KEYRING_PROVIDER"));
  add_paths(layer.constraint_files, "PIP_CONSTRAINT");
  if (const auto pre = boolean("PIP_PRE"); pre && pre->value) layer.prerelease = {"allow", pre->source};
  return layer;
}

void add_flags(std::vector<Setting<IndexLocation>>& places, const Arguments& arguments, const char* name,
               bool is_find_links) {
  for (const std::string& value : arguments.values(name))
    places.push_back({index_location(value, current_directory(), is_find_links), format_text("--{}", name)});
}

void set_flag(std::optional<Setting<std::string>>& setting, const Arguments& arguments, const char* name) {
  if (arguments.has(name)) setting = {arguments.value(name), format_text("--{}", name)};
}

/// The length before the value makes the text unambiguous: different lists of words give different texts.
void add_word(std::string& text, std::string_view name, std::string_view value) {
  text += format_text("{} {} {}\n", name, value.size(), value);
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
                             format_text("--{}", name)};
  if (arguments.has("no-index")) layer.no_index = {true, "--no-index"};
  if (arguments.has("offline")) layer.offline = {true, "--offline"};
  if (arguments.has("pre")) layer.prerelease = {"allow", "--pre"};
  set_flag(layer.prerelease, arguments, "prerelease");
  set_flag(layer.resolution, arguments, "resolution");
  set_flag(layer.exclude_newer, arguments, "exclude-newer");
  for (const std::string& value : arguments.values("exclude-newer-package"))
    add_package_cutoff(layer, {value, "--exclude-newer-package"});
  set_flag(layer.index_strategy, arguments, "index-strategy");
  set_flag(layer.keyring_provider, arguments, "keyring-provider");
  if (arguments.has("no-sources")) layer.no_sources = {true, "--no-sources"};
  for (const std::string& name : arguments.values("no-sources-package"))
    layer.no_sources_packages.push_back({pypackaging::normalize_name(name), "--no-sources-package"});
  for (const std::string& path : arguments.values("constraints"))
    layer.constraint_files.push_back({absolute_path(path), "--constraints"});
  for (const std::string& path : arguments.values("overrides"))
    layer.override_files.push_back({absolute_path(path), "--overrides"});
  set_flag(layer.python, arguments, "python");
  if (arguments.has("no-managed-python")) layer.python_preference = {"only-system", "--no-managed-python"};
  if (arguments.has("managed-python")) layer.python_preference = {"only-managed", "--managed-python"};
  set_flag(layer.python_preference, arguments, "python-preference");
  set_flag(layer.layout, arguments, "layout");
  if (arguments.has("compile-bytecode")) layer.bytecode = {"foreground", "--compile-bytecode"};
  return layer;
}

void add_package_cutoff(SettingsLayer& layer, const Setting<std::string>& setting) {
  const std::size_t equals = setting.value.find('=');
  if (equals == std::string::npos || equals == 0)
    throw_bad_value(setting, "a package's cut-off", "name=DATE");
  const std::string name(trimmed(std::string_view(setting.value).substr(0, equals)));
  layer.exclude_newer_packages[pypackaging::normalize_name(name)] = {setting.value.substr(equals + 1),
                                                                     setting.source};
}

std::string raw_settings(const Arguments& arguments, const ConfigurationFiles& files) {
  std::string text;
  bool is_placed = false;
  for (const FlagSpec& flag : kFlags) {
    if (!arguments.has(flag.name)) continue;
    add_word(text, flag.name, "");
    for (const std::string& value : arguments.values(flag.name)) {
      add_word(text, flag.name, value);
      is_placed = is_placed || (flag.is_place && may_be_relative(value));
    }
  }
  for (const VariableSpec& variable : variables()) {
    const char* value = std::getenv(variable.name.data());
    if (value == nullptr) continue;
    add_word(text, variable.name, value);
    // One variable may hold several locations.
    is_placed = is_placed ||
                (variable.is_place && (may_be_relative(value) || std::strpbrk(value, " ,\t\n") != nullptr));
  }
  for (const auto* list : {&files.present, &files.uv_project, &files.uv})
    for (const std::string& path : *list) add_word(text, "file", path);
  if (is_placed) add_word(text, "directory", current_directory());
  return text;
}

}  // namespace envstore
