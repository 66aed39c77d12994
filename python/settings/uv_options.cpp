#include "python/settings/uv_options.h"

#include <sstream>

#include "pypackaging/name.h"
#include "python/network/url.h"
#include "python/settings/uv_options_reader.h"
#include "store/platform/error.h"
#include "store/platform/files.h"

namespace envstore {
namespace {

/// false, or empty.
bool asks_for_nothing(const toml::node& value) {
  if (const auto* flag = value.as_boolean()) return !flag->get();
  if (const auto* text = value.as_string()) return text->get().empty();
  if (const auto* list = value.as_array()) return list->empty();
  const auto* table = value.as_table();
  return table != nullptr && table->empty();
}

bool is_wheel(std::string_view path) {
  return path.ends_with(".whl");
}

std::string_view path_of(std::string_view url) {
  return url.substr(0, url.find_first_of("?#"));
}

}  // namespace

std::string OptionsOrigin::position(const toml::source_region& where) const {
  return "line " + std::to_string(where.begin.line + lines_before) + ", column " +
         std::to_string(where.begin.column + columns_before);
}

void OptionsOrigin::fail(const toml::source_region& where, const std::string& reason) const {
  throw Error(kind == Kind::script ? ErrorKind::invalid_input : ErrorKind::usage,
              "cannot read " + what + ": " + position(where) + ": " + reason);
}

void UvOptionsReader::take(const toml::table& options) {
  for (const auto& [key, value] : options) {
    const std::string name(key.str());
    const auto known = find_uv_key(table_, name);
    check(known ? &*known : nullptr, name, key, value);
    const KeyUse use = origin_.kind == OptionsOrigin::Kind::script ? known->in_script : known->in_file;
    if (use != KeyUse::supported) continue;
    if (const SettingSpec* setting = setting_of_uv_key(table_, name))
      take_setting(*setting, name, value);
    else
      take_script_key(name, value);
  }
}

void UvOptionsReader::check(const UvKey* known, const std::string& name, const toml::key& key,
                            const toml::node& value) {
  const bool is_script = origin_.kind == OptionsOrigin::Kind::script;
  const std::string where = "cannot use " + origin_.what + ": " + origin_.position(key.source()) + ": '" +
                            origin_.prefix + name + "' ";
  const std::string way_out = is_script ? "" : "; --no-config reads no configuration file";
  if (known == nullptr)
    throw Error(ErrorKind::unsupported, where + "is not known, and may change what is installed",
                "check its spelling, or take the key away" + way_out);
  const KeyUse use = is_script ? known->in_script : known->in_file;
  if (use == KeyUse::refused && !asks_for_nothing(value))
    throw Error(ErrorKind::unsupported, where + "is not supported, and would change what is installed",
                std::string(known->remedy) + way_out);
}

void UvOptionsReader::take_setting(const SettingSpec& setting, const std::string& key,
                                   const toml::node& value) {
  switch (setting.kind) {
    case SettingKind::word:
      return add(setting, {text(value), origin_.source});
    case SettingKind::cutoff:
      return add(setting, {cutoff(value), origin_.source});
    case SettingKind::yes_no:
      return add(setting, {boolean(value) ? "true" : "false", origin_.source});
    case SettingKind::path:
    case SettingKind::index:
      return add_location(setting, text(value));
    case SettingKind::indexes:
      if (key == "index") return take_indexes(setting, value);
      [[fallthrough]];
    case SettingKind::find_links:
    case SettingKind::paths:
      for (const std::string& written : texts(value)) add_location(setting, written);
      return;
    case SettingKind::packages:
      for (std::string& name : names(value)) add(setting, {std::move(name), origin_.source});
      return;
    case SettingKind::words:
      for (std::string& each : texts(value)) add(setting, {std::move(each), origin_.source});
      return;
    case SettingKind::texts:
      if (key == "dependency-metadata") return take_dependency_metadata(setting, value);
      for (std::string& each : texts(value)) add(setting, {std::move(each), origin_.source});
      return;
    case SettingKind::package_cutoffs:
    case SettingKind::package_words:
      return take_package_values(setting, value);
    case SettingKind::pairs:
      return take_pairs(setting, {}, value);
    case SettingKind::package_pairs:
      return take_package_pairs(setting, value);
    case SettingKind::package_requirements:
      return take_package_requirements(setting, value);
  }
}

/// The keys of scripts that are no settings.
void UvOptionsReader::take_script_key(const std::string& key, const toml::node& value) {
  if (key == "sources")
    take_sources(value);
  else if (key == "constraint-dependencies")
    settings_.constraints = texts(value);
  else if (key == "build-constraint-dependencies")
    settings_.build_constraints = texts(value);
  else if (key == "override-dependencies")
    settings_.overrides = texts(value);
  else if (key == "exclude-dependencies")
    settings_.exclusions = names(value);
  else
    throw std::logic_error("the key '" + key + "' is said to be supported and has no reader");
}

void UvOptionsReader::add(const SettingSpec& setting, SettingValue value) {
  settings_.layer.add(setting, std::move(value));
}

void UvOptionsReader::add_location(const SettingSpec& setting, const std::string& written) {
  add(setting, {.value = location(written),
                .source = origin_.source,
                .is_flat = setting.kind == SettingKind::find_links});
}

void UvOptionsReader::take_indexes(const SettingSpec& setting, const toml::node& node) {
  const toml::array* list = node.as_array();
  if (list == nullptr) origin_.fail(node.source(), "'index' must be an array of tables");
  for (const toml::node& entry : *list) take_index(setting, entry);
}

void UvOptionsReader::take_index(const SettingSpec& setting, const toml::node& node) {
  const toml::table* table = node.as_table();
  const toml::node* url = table == nullptr ? nullptr : table->get("url");
  if (url == nullptr) origin_.fail(node.source(), "an index must be a table with a 'url'");
  for (const auto& [key, value] : *table) {
    const std::string name(key.str());
    check(find_key(uv_index_keys(), name), "index." + name, key, value);
  }
  SettingValue index{location(text(*url)), origin_.source};
  if (const toml::node* name = table->get("name")) index.name = text(*name);
  const toml::node* explicit_node = table->get("explicit");
  index.is_explicit = explicit_node != nullptr && boolean(*explicit_node);
  if (index.is_explicit && index.name.empty())
    origin_.fail(explicit_node->source(),
                 "an index that is explicit needs a name, so that a source can name it");
  if (const toml::node* format = table->get("format")) {
    index.is_flat = text(*format) == "flat";
    if (!index.is_flat && text(*format) != "simple")
      origin_.fail(format->source(), "'format' must be simple or flat");
  }
  if (const toml::node* codes = table->get("ignore-error-codes")) index.ignored_statuses = statuses(*codes);
  if (const toml::node* control = table->get("cache-control"))
    index.cache_control = api_cache_control(*control);
  const toml::node* default_node = table->get("default");
  const SettingSpec* default_index = setting_of_uv_key(table_, "index-url");
  const bool is_default = default_node != nullptr && boolean(*default_node) && default_index != nullptr;
  add(is_default ? *default_index : setting, std::move(index));
}

void UvOptionsReader::take_sources(const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr) origin_.fail(node.source(), "'sources' must be a table");
  for (const auto& [key, value] : *table) {
    const std::string name = pypackaging::normalize_name(key.str());
    const toml::array* list = value.as_array();
    if (list == nullptr)
      take_source(name, value);
    else
      for (const toml::node& entry : *list) take_source(name, entry);
  }
}

void UvOptionsReader::take_source(const std::string& name, const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr) origin_.fail(node.source(), "a source must be a table");
  PackageSource source = source_of(name, *table);
  source.position = origin_.what + ": " + origin_.position(node.source());
  settings_.sources.push_back(std::move(source));
}

PackageSource UvOptionsReader::source_of(const std::string& name, const toml::table& table) {
  PackageSource source;
  source.name = name;
  for (const auto& [key, value] : table) {
    const std::string word(key.str());
    if (word == "marker") {
      auto marker = pypackaging::Marker::parse(text(value));
      if (!marker) origin_.fail(value.source(), "marker: " + marker.error().message);
      source.marker = std::move(*marker);
    } else {
      read_target(source, word, value);
    }
  }
  if (source.value.empty()) origin_.fail(table.source(), "a source must name an index, a url or a path");
  return source;
}

/// Sources that build or link directories are not supported, whatever other keys the entry has.
void UvOptionsReader::read_target(PackageSource& source, const std::string& key, const toml::node& value) {
  using Kind = PackageSource::Kind;
  const auto refuse = [&](std::string what) {
    source.kind = Kind::unsupported;
    source.value = std::move(what);
  };
  const auto set = [&](Kind kind, std::string target) {
    const bool is_first = source.value.empty();
    if (!is_first && source.kind != Kind::unsupported)
      origin_.fail(value.source(), "a source names one of index, url and path");
    if (!is_first) return;
    source.kind = kind;
    source.value = std::move(target);
  };
  if (key == "index") {
    set(Kind::index, text(value));
  } else if (key == "path") {
    const std::string path = location(text(value));
    if (is_wheel(path))
      set(Kind::wheel, "file://" + path);
    else
      refuse("'" + path + "', which is no wheel");
  } else if (key == "url") {
    if (is_wheel(path_of(text(value))))
      set(Kind::wheel, text(value));
    else
      refuse("an address that is no wheel's");
  } else if (key == "git" || key == "workspace") {
    refuse(key == "git" ? "a git repository" : "a workspace");
  } else if (key == "editable") {
    if (!asks_for_nothing(value)) refuse("an editable folder");
  } else if (key == "extra" || key == "group") {
    refuse("what belongs to the " + key + " of a project");
  } else if (key == "subdirectory" || key == "rev" || key == "tag" || key == "branch") {
    if (source.value.empty()) refuse("a source with '" + key + "'");
  } else if (key != "package" && key != "lfs") {
    origin_.fail(value.source(), "there is no key '" + key + "' of a source");
  }
}

std::string UvOptionsReader::text(const toml::node& node) const {
  const auto value = node.value<std::string>();
  if (!node.is_string() || !value) origin_.fail(node.source(), "a text is expected here");
  return *value;
}

bool UvOptionsReader::boolean(const toml::node& node) const {
  if (!node.is_boolean()) origin_.fail(node.source(), "true or false is expected here");
  return *node.value<bool>();
}

std::vector<int> UvOptionsReader::statuses(const toml::node& node) const {
  const toml::array* list = node.as_array();
  if (list == nullptr) origin_.fail(node.source(), "'ignore-error-codes' must be an array of numbers");
  std::vector<int> result;
  for (const toml::node& entry : *list) {
    const auto status = entry.value<std::int64_t>();
    if (!entry.is_integer() || !status || *status < 100 || *status > 999)
      origin_.fail(entry.source(), "an HTTP status is expected here, as 403");
    result.push_back(static_cast<int>(*status));
  }
  return result;
}

/// Files of an index are kept by their hash, so that `files` has no effect.
std::string UvOptionsReader::api_cache_control(const toml::node& node) const {
  const toml::table* table = node.as_table();
  if (table == nullptr) origin_.fail(node.source(), "'cache-control' must be a table with 'api' and 'files'");
  const toml::node* api = table->get("api");
  return api == nullptr ? std::string() : text(*api);
}

std::vector<std::string> UvOptionsReader::texts(const toml::node& node) const {
  const toml::array* list = node.as_array();
  if (list == nullptr) return {text(node)};
  std::vector<std::string> result;
  for (const toml::node& entry : *list) result.push_back(text(entry));
  return result;
}

std::vector<std::string> UvOptionsReader::names(const toml::node& node) const {
  std::vector<std::string> result;
  for (const std::string& name : texts(node)) result.push_back(pypackaging::normalize_name(name));
  return result;
}

/// A date, a time, a span, or false (no cut-off).
std::string UvOptionsReader::cutoff(const toml::node& node) const {
  if (node.is_string()) return text(node);
  std::ostringstream stream;
  if (const auto* day = node.as_date())
    stream << *day;
  else if (const auto* time = node.as_date_time())
    stream << *time;
  else if (node.is_boolean() && !boolean(node))
    stream << "false";
  else
    origin_.fail(node.source(), "a date, a time, a duration or false is expected here");
  return stream.str();
}

/// A URL, or an absolute path.
std::string UvOptionsReader::location(const std::string& written) const {
  if (is_index_address(written)) return checked_index_address(written);
  return written.starts_with('/') ? written : absolute_path(origin_.directory + "/" + written);
}

std::optional<ScriptSettings> read_uv_file(std::string_view text, const std::string& path,
                                           SettingTable table) {
  OptionsOrigin origin;
  origin.kind = OptionsOrigin::Kind::file;
  origin.what = "'" + path + "'";
  origin.source = path;
  origin.directory = path.substr(0, path.rfind('/'));
  toml::table content;
  try {
    content = parse_toml(text);
  } catch (const TomlError& error) {
    origin.fail(error.where, error.what());
  }
  const toml::table* options = &content;
  if (path.ends_with("/pyproject.toml")) {
    origin.prefix = "tool.uv.";
    const toml::node_view<const toml::node> uv = std::as_const(content)["tool"]["uv"];
    options = uv.as_table();
    if (options == nullptr) return std::nullopt;
  }
  ScriptSettings settings;
  UvOptionsReader(origin, settings, table).take(*options);
  return settings;
}

}  // namespace envstore
