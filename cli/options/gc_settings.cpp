#include "cli/options/gc_settings.h"

#include <charconv>
#include <vector>

#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

using Text = std::optional<Setting<std::string>>;

struct Name {
  const char* flag;
  const char* variable;
  Text GcSettings::*setting;
};
constexpr Name kNames[] = {
    {"max-size", "ENVSTORE_GC_MAX_SIZE", &GcSettings::max_size},
    {"min-free", "ENVSTORE_GC_MIN_FREE", &GcSettings::min_free},
    {"reserved", "ENVSTORE_GC_RESERVED", &GcSettings::reserved},
    {"max-age", "ENVSTORE_GC_MAX_AGE", &GcSettings::max_age},
    {"keep-last", "ENVSTORE_GC_KEEP_LAST", &GcSettings::keep_last},
    {"grace", "ENVSTORE_GC_GRACE", &GcSettings::grace},
};

bool says_none(const std::string& text) {
  const std::string word = to_lower(trimmed(text));
  return word == "none" || word == "never" || word == "off";
}

template <class Value, class Parse>
void read(std::optional<Value>& value, const Text& setting, const char* name, Parse parse) {
  if (!setting || (says_none(setting->value) && std::string_view(name) != "grace")) return;
  try {
    value = parse(setting->value);
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

GcSettings settings_of(const Arguments* arguments) {
  GcSettings settings;
  for (const Name& name : kNames) {
    Text& setting = settings.*name.setting;
    if (arguments != nullptr && arguments->has(name.flag))
      setting = {arguments->value(name.flag), format_text("--{}", name.flag)};
    else if (std::string value = variable_or_empty(name.variable); !value.empty())
      setting = {std::move(value), name.variable};
  }
  for (const std::string& path : find_configuration_files({.use_project = false}).present)
    fill_from(settings, read_yaml_settings(path).gc);
  fill_from(settings, built_in_settings().gc);
  return settings;
}

}  // namespace

GcSettings gc_settings(const Arguments& arguments) {
  return settings_of(&arguments);
}

GcSettings gc_settings() {
  return settings_of(nullptr);
}

Policy gc_policy(const GcSettings& settings) {
  Policy policy;
  read(policy.max_size, settings.max_size, "max-size", parse_size_limit);
  read(policy.min_free, settings.min_free, "min-free", parse_size_limit);
  read(policy.reserved, settings.reserved, "reserved", parse_size_limit);
  read(policy.max_age, settings.max_age, "max-age", parse_duration);
  read(policy.keep_last, settings.keep_last, "keep-last", parse_count);
  std::optional<std::chrono::nanoseconds> grace;
  read(grace, settings.grace, "grace", parse_duration);
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
