#include <cstdlib>
#include <iterator>
#include <stdexcept>

#include "cli/options/config.h"
#include "store/platform/format.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> words;
  for (std::size_t at = text.find_first_not_of(separators); at != std::string_view::npos;) {
    const std::size_t end = text.find_first_of(separators, at);
    words.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(separators, end);
  }
  return words;
}

/// `ENVSTORE`, `UV` or `PIP`.
std::string_view family_of(const VariableSpec& variable) {
  return variable.name.substr(0, variable.name.find('_'));
}

/// What separates the values in a variable; empty: it holds one value.
std::string_view separators_of(const SettingSpec& setting, const VariableSpec& variable) {
  if (is_per_package(setting.kind)) return ",";
  if (setting.kind == SettingKind::find_links && family_of(variable) != "PIP") return ",";
  const bool may_have_blanks = setting.kind == SettingKind::texts || setting.kind == SettingKind::pairs ||
                               setting.kind == SettingKind::package_pairs ||
                               setting.kind == SettingKind::package_requirements;
  return is_list(setting.kind) && !may_have_blanks ? kWhiteSpace : "";
}

/// The values of one variable; an empty variable counts as unset.
std::vector<SettingValue> values_of(const SettingSpec& setting, const VariableSpec& variable) {
  // Most are unset: nothing is allocated for them. The names are literals and end with a zero.
  const char* const set = std::getenv(variable.name.data());
  if (set == nullptr || *set == '\0') return {};
  const std::string name(variable.name), text(set);
  if (!variable.only.empty() && text != variable.only) return {};
  if (!variable.means.empty()) {
    if (!parse_boolean({text, name})) return {};
    return {read_setting(setting.kind, variable.means, name)};
  }
  const std::string_view separators = separators_of(setting, variable);
  if (separators.empty()) return {read_setting(setting.kind, text, name)};
  std::vector<SettingValue> values;
  for (const std::string_view word : split(text, separators))
    values.push_back(read_setting(setting.kind, word, name));
  return values;
}

bool takes_all(SettingKind kind) {
  return is_list(kind) || is_per_package(kind);
}

/// Appends `more` to a list; of any other setting the first value stays.
void append(const SettingSpec& setting, std::vector<SettingValue>& values, std::vector<SettingValue> more) {
  if (takes_all(setting.kind) || values.empty())
    values.insert(values.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
}

std::vector<SettingValue> variable_values(const SettingSpec& setting) {
  std::vector<SettingValue> values;
  std::string_view family;
  for (const VariableSpec& variable : setting.all_variables()) {
    std::vector<SettingValue> more = values_of(setting, variable);
    if (more.empty()) continue;
    if (!values.empty() && family_of(variable) != family) break;
    family = family_of(variable);
    append(setting, values, std::move(more));
  }
  return values;
}

std::vector<SettingValue> values_of(const SettingSpec& setting, const OptionSpec& flag,
                                    const Arguments& arguments) {
  const std::string source = format_text("--{}", flag.name);
  if (flag.value.empty())
    return {read_setting(setting.kind, flag.means.empty() ? "true" : flag.means, source)};
  std::vector<std::string> written = arguments.values(flag.name);
  if (!takes_all(setting.kind)) written = {arguments.value(flag.name)};
  if (is_address(setting.kind)) std::erase(written, "");  // as in uv, an empty address counts as none
  std::vector<SettingValue> values;
  for (const std::string& each : written) values.push_back(read_setting(setting.kind, each, source));
  return values;
}

std::vector<SettingValue> flag_values(const SettingSpec& setting, const Arguments& arguments) {
  std::vector<SettingValue> values;
  for (const OptionSpec& flag : setting.all_flags())
    if (arguments.has(flag.name)) append(setting, values, values_of(setting, flag, arguments));
  return values;
}

void add_all(SettingsLayer& layer, const SettingSpec& setting, std::vector<SettingValue> values) {
  for (SettingValue& value : values) layer.add(setting, std::move(value));
}

}  // namespace

SettingsLayer environment_settings(SettingTable table) {
  SettingsLayer layer;
  for (const SettingSpec& setting : table) add_all(layer, setting, variable_values(setting));
  return layer;
}

void check_variables(SettingTable table) {
  ResolutionSettings unused;
  for (const SettingSpec& setting : table)
    for (const VariableSpec& variable : setting.all_variables())
      for (const SettingValue& value : values_of(setting, variable))
        if (setting.take != nullptr) setting.take(value, unused);
}

SettingsLayer flag_settings(const Arguments& arguments, SettingTable table) {
  SettingsLayer layer;
  for (const SettingSpec& setting : table) add_all(layer, setting, flag_values(setting, arguments));
  return layer;
}

std::vector<SettingValue> command_line_values(const Arguments& arguments, std::string_view name) {
  const SettingSpec* setting = find_setting(setting_table(), name);
  if (setting == nullptr) throw std::logic_error(format_text("there is no setting '{}'", name));
  std::vector<SettingValue> values = flag_values(*setting, arguments);
  return values.empty() ? variable_values(*setting) : values;
}

bool is_on(const Arguments& arguments, std::string_view setting) {
  const std::vector<SettingValue> values = command_line_values(arguments, setting);
  return !values.empty() && values.front().value == "true";
}

}  // namespace envstore
