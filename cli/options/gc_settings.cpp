#include "cli/options/gc_settings.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

bool says_none(const std::string& text) {
  const std::string word = to_lower(trimmed(text));
  return word == "none" || word == "never" || word == "off";
}

/// Reads the setting `gc.NAME`; one that is not set, or that is turned off, leaves the rule as it is.
template <class Value, class Parse>
void read(std::optional<Value>& rule, const SettingsLayer& settings, const char* name, Parse parse) {
  const SettingValue* setting = settings.find(format_text("gc.{}", name));
  if (setting == nullptr || (says_none(setting->value) && std::string_view(name) != "grace")) return;
  try {
    rule = parse(setting->value);
  } catch (const Error& error) {
    throw Error(ErrorKind::usage,
                format_text("cannot use '{}' as {} ({})", setting->value, name, setting->source),
                error.hint().empty() ? error.what() : error.hint());
  }
}

std::uint64_t parse_count(const std::string& text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size())
    throw Error(ErrorKind::usage, "it must be a number of snapshots, as 5");
  return count;
}

std::string size_text(const SizeLimit& limit) {
  return limit.percent == 0 ? print_bytes(limit.bytes) : format_text("{}% of its disk", limit.percent);
}

/// The part of the table of settings that belongs to gc.
SettingTable rule_table() {
  const SettingTable table = setting_table();
  const auto is_rule = [](const SettingSpec& setting) { return setting.command == FlagsOf::gc; };
  const auto first = std::find_if(table.begin(), table.end(), is_rule);
  return {first, std::find_if_not(first, table.end(), is_rule)};
}

SettingsLayer rules_of_file(const std::string& path) {
  const SettingsLayer file = read_yaml_settings(path);
  SettingsLayer rules;
  for (const auto& [setting, values] : file.values())
    if (setting->command == FlagsOf::gc) rules.add(*setting, values.front());
  return rules;
}

}  // namespace

SettingsLayer gc_settings(const Arguments& arguments) {
  const SettingTable rules = rule_table();
  SettingsLayer settings = flag_settings(arguments, rules);
  settings.fill_from(environment_settings(rules), Lists::first_wins);
  for (const std::string& path : find_configuration_files({.use_project = false}).present)
    settings.fill_from(rules_of_file(path), Lists::first_wins);
  settings.fill_from(built_in_settings(rules), Lists::first_wins);
  return settings;
}

Policy gc_policy(const SettingsLayer& settings) {
  Policy policy;
  read(policy.max_size, settings, "max-size", parse_size_limit);
  read(policy.min_free, settings, "min-free", parse_size_limit);
  read(policy.reserved, settings, "reserved", parse_size_limit);
  read(policy.max_age, settings, "max-age", parse_duration);
  read(policy.keep_last, settings, "keep-last", parse_count);
  std::optional<std::chrono::nanoseconds> grace;
  read(grace, settings, "grace", parse_duration);
  if (grace) policy.grace = *grace;
  return policy;
}

std::string rules_text(const Policy& policy) {
  std::vector<std::string> rules;
  if (policy.max_age) rules.push_back("what was not used for " + print_duration(*policy.max_age) + " goes");
  if (policy.max_size) rules.push_back("it takes at most " + size_text(*policy.max_size));
  if (policy.min_free) rules.push_back("it leaves " + size_text(*policy.min_free) + " free");
  if (rules.empty()) return "keeps all environments, for no rule says which may go";
  return format_text("keeps itself small: {}", joined(rules, ", "));
}

}  // namespace envstore
