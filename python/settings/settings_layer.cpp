#include "python/settings/settings_layer.h"

#include <algorithm>
#include <stdexcept>

#include "pypackaging/name.h"
#include "python/network/url.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/home.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

std::string absolute_place(std::string_view written, const std::string& directory) {
  if (written.empty()) return {};
  std::string path(written);
  if (written.starts_with("~/"))
    path = home_directory() + path.substr(1);
  else if (!written.starts_with('/') && !directory.empty())
    path = directory + "/" + path;
  return absolute_path(path);
}

void read_place(SettingValue& value, std::string_view written, const std::string& directory) {
  value.value =
      is_index_address(written) ? checked_index_address(written) : absolute_place(written, directory);
}

void read_index(SettingValue& value, std::string_view written, const std::string& directory) {
  // `name=URL` is uv's form. A `=` after the scheme belongs to the URL's query.
  const std::size_t equals = written.find('='), rest = written.find_first_of(":/");
  if (equals != std::string_view::npos && equals < rest) {
    value.name = written.substr(0, equals);
    written.remove_prefix(equals + 1);
  }
  read_place(value, written, directory);
}

void read_of_package(SettingKind kind, SettingValue& value, std::string_view written) {
  const bool is_cutoff = kind == SettingKind::package_cutoffs;
  const std::size_t equals = written.find('=');
  if (equals == std::string_view::npos || equals == 0)
    throw_bad_value({std::string(written), value.source},
                    is_cutoff ? "a package's cut-off" : "a package's setting",
                    is_cutoff ? "name=DATE" : "name=WORD");
  value.name = pypackaging::normalize_name(trimmed(written.substr(0, equals)));
  value.value = written.substr(equals + 1);
}

void check_pair(const SettingValue& value, std::string_view form) {
  const std::size_t equals = value.value.find('=');
  if (equals == std::string::npos || equals == 0) throw_bad_value(value, "a setting of builds", form);
}

/// Splits NAME:TEXT.
void read_package_text(SettingValue& value, std::string_view written, std::string_view form) {
  const std::size_t colon = written.find(':');
  if (colon == std::string_view::npos || colon == 0) throw_bad_value(value, "a setting of builds", form);
  value.value = written.substr(colon + 1);
  value.name = pypackaging::normalize_name(trimmed(written.substr(0, colon)));
}

bool is_before(const SettingValue& value, const std::string& name) {
  return value.name < name;
}

/// Adds the cut-off of a package, sorted by name. An existing one stays unless `replaces`.
void put_package(std::vector<SettingValue>& values, SettingValue value, bool replaces) {
  const auto at = std::lower_bound(values.begin(), values.end(), value.name, is_before);
  if (at == values.end() || at->name != value.name)
    values.insert(at, std::move(value));
  else if (replaces)
    *at = std::move(value);
}

}  // namespace

void throw_bad_value(const SettingValue& value, std::string_view what, std::string_view allowed) {
  std::string message = "cannot use '" + value.value + "' as ";
  message.append(what).append(" (").append(value.source).append("): it must be ").append(allowed);
  throw Error(ErrorKind::usage, message);
}

bool parse_boolean(const SettingValue& value) {
  const std::string lower = to_lower(value.value);
  for (const char* word : {"1", "yes", "on", "true", "y", "t"})
    if (lower == word) return true;
  for (const char* word : {"0", "no", "off", "false", "n", "f", ""})
    if (lower == word) return false;
  throw_bad_value(value, "yes or no", "true or false");
}

SettingValue read_setting(SettingKind kind, std::string_view written, std::string source,
                          const std::string& directory) {
  SettingValue value{std::string(written), std::move(source)};
  switch (kind) {
    case SettingKind::yes_no:
      value.value = parse_boolean(value) ? "true" : "false";
      break;
    case SettingKind::path:
    case SettingKind::paths:
      // Requirements files may be fetched.
      value.value = kind == SettingKind::paths && is_index_address(written)
                        ? std::string(written)
                        : absolute_place(written, directory);
      break;
    case SettingKind::index:
    case SettingKind::indexes:
      read_index(value, written, directory);
      break;
    case SettingKind::find_links:
      read_place(value, written, directory);
      value.is_flat = true;
      break;
    case SettingKind::packages:
      value.value = pypackaging::normalize_name(written);
      break;
    case SettingKind::package_cutoffs:
    case SettingKind::package_words:
      read_of_package(kind, value, written);
      break;
    case SettingKind::pairs:
      check_pair(value, "KEY=VALUE");
      break;
    case SettingKind::package_pairs:
      read_package_text(value, written, "NAME:KEY=VALUE");
      check_pair(value, "NAME:KEY=VALUE");
      break;
    case SettingKind::package_requirements:
      read_package_text(value, written, "NAME:REQUIREMENT");
      break;
    case SettingKind::word:
    case SettingKind::cutoff:
    case SettingKind::texts:
    case SettingKind::words:
      break;
  }
  return value;
}

std::span<const SettingValue> SettingsLayer::of(std::string_view setting) const& {
  for (const auto& [spec, values] : values_)
    if (spec->name == setting) return values;
  if (find_setting(setting_table(), setting) == nullptr)
    throw std::logic_error("there is no setting '" + std::string(setting) + "'");
  return {};
}

const SettingValue* SettingsLayer::find(std::string_view setting) const {
  const std::span<const SettingValue> values = of(setting);
  return values.empty() ? nullptr : &values.front();
}

bool SettingsLayer::is_on(std::string_view setting) const {
  const SettingValue* value = find(setting);
  return value != nullptr && value->value == "true";
}

void SettingsLayer::add(const SettingSpec& setting, SettingValue value) {
  std::vector<SettingValue>& values = values_[&setting];
  if (is_per_package(setting.kind)) return put_package(values, std::move(value), true);
  if (!is_list(setting.kind)) values.clear();
  values.push_back(std::move(value));
}

void SettingsLayer::fill_from(const SettingsLayer& lower, Lists lists) {
  for (const auto& [spec, more] : lower.values_) {
    std::vector<SettingValue>& values = values_[spec];
    if (is_per_package(spec->kind))
      for (const SettingValue& value : more) put_package(values, value, false);
    else if (values.empty() || (is_list(spec->kind) && lists == Lists::joined))
      values.insert(values.end(), more.begin(), more.end());
  }
}

SettingsLayer built_in_settings(SettingTable table) {
  SettingsLayer layer;
  for (const SettingSpec& setting : table)
    if (!setting.built_in.empty())
      layer.add(setting, read_setting(setting.kind, setting.built_in, "built in"));
  return layer;
}

}  // namespace envstore
