#include <algorithm>
#include <map>

#include "pypackaging/name.h"
#include "python/settings/build_settings.h"
#include "python/settings/static_metadata.h"
#include "python/settings/uv_options_reader.h"
#include "store/platform/error.h"

// Keys that say something of single packages.
namespace envstore {

void UvOptionsReader::take_package_values(const SettingSpec& setting, const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr)
    origin_.fail(node.source(), "'" + std::string(setting.name) + "' must be a table of names and " +
                                    (setting.kind == SettingKind::package_cutoffs ? "dates" : "words"));
  for (const auto& [name, value] : *table)
    add(setting, {setting.kind == SettingKind::package_cutoffs ? cutoff(value) : text(value), origin_.source,
                  pypackaging::normalize_name(name.str())});
}

void UvOptionsReader::take_dependency_metadata(const SettingSpec& setting, const toml::node& node) {
  const toml::array* list = node.as_array();
  if (list == nullptr) origin_.fail(node.source(), "'dependency-metadata' must be an array of tables");
  for (const toml::node& entry : *list) {
    const toml::table* table = entry.as_table();
    if (table == nullptr || table->get("name") == nullptr)
      origin_.fail(entry.source(), "dependency metadata must be a table with a 'name'");
    const std::string lines = metadata_text(*table);
    try {
      add(setting, {StaticMetadata::parse(lines).text(), origin_.source});
    } catch (const Error& error) {
      origin_.fail(entry.source(), error.what());
    }
  }
}

/// The table as lines of METADATA.
std::string UvOptionsReader::metadata_text(const toml::table& table) const {
  static const std::map<std::string_view, std::string_view> kFields = {{"name", "Name"},
                                                                       {"version", "Version"},
                                                                       {"requires-dist", "Requires-Dist"},
                                                                       {"requires-python", "Requires-Python"},
                                                                       {"provides-extra", "Provides-Extra"},
                                                                       {"provides-extras", "Provides-Extra"}};
  std::string lines;
  for (const auto& [key, value] : table) {
    const auto field = kFields.find(key.str());
    if (field == kFields.end())
      origin_.fail(value.source(), "there is no key '" + std::string(key.str()) + "' of dependency metadata");
    for (std::string& written : texts(value)) {
      std::replace(written.begin(), written.end(), '\n', ' ');
      lines += std::string(field->second) + ": " + written + "\n";
    }
  }
  return lines;
}

void UvOptionsReader::take_pairs(const SettingSpec& setting, const std::string& package,
                                 const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr) origin_.fail(node.source(), "'" + std::string(setting.name) + "' must be a table");
  for (const auto& [key, value] : *table)
    for (const std::string& each : texts(value))
      add(setting, {std::string(key.str()) + "=" + each, origin_.source, package});
}

void UvOptionsReader::take_package_pairs(const SettingSpec& setting, const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr)
    origin_.fail(node.source(), "'" + std::string(setting.name) + "' must be a table of tables");
  for (const auto& [name, value] : *table)
    take_pairs(setting, pypackaging::normalize_name(name.str()), value);
}

void UvOptionsReader::take_package_requirements(const SettingSpec& setting, const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr)
    origin_.fail(node.source(), "'" + std::string(setting.name) + "' must be a table of lists");
  for (const auto& [name, value] : *table) {
    const toml::array* list = value.as_array();
    if (list == nullptr) origin_.fail(value.source(), "an array of requirements is expected here");
    for (const toml::node& entry : *list)
      add(setting, {build_requirement(entry), origin_.source, pypackaging::normalize_name(name.str())});
  }
}

/// A text, or `{ requirement = TEXT, match-runtime = true }`.
std::string UvOptionsReader::build_requirement(const toml::node& node) const {
  const toml::table* table = node.as_table();
  if (table == nullptr) return text(node);
  const toml::node* requirement = table->get("requirement");
  if (requirement == nullptr) origin_.fail(node.source(), "a build requirement needs a 'requirement'");
  const toml::node* match = table->get("match-runtime");
  return (match != nullptr && boolean(*match) ? std::string(kMatchRuntime) : "") + text(*requirement);
}

}  // namespace envstore
