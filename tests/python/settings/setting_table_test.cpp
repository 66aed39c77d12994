#include "python/settings/setting_table.h"

#include <doctest/doctest.h>

#include <cctype>
#include <set>
#include <string>

using namespace envstore;

namespace {

std::string own_variable(std::string_view setting) {
  std::string name = "ENVSTORE_";
  for (const char c : setting)
    name += c == '-' || c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

}  // namespace

TEST_CASE("a name belongs to one setting") {
  std::set<std::string_view> names, flags, short_names, variables, keys;
  for (const SettingSpec& setting : setting_table()) {
    CAPTURE(setting.name);
    CHECK(names.insert(setting.name).second);
    CHECK(find_setting(setting_table(), setting.name) == &setting);
    for (const OptionSpec& flag : setting.all_flags()) {
      CHECK(flags.insert(flag.name).second);
      if (flag.short_name != 0) CHECK(short_names.insert(std::string_view(&flag.short_name, 1)).second);
    }
    for (const VariableSpec& variable : setting.all_variables())
      CHECK(variables.insert(variable.name).second);
    for (const std::string_view key : setting.all_uv_keys()) {
      CHECK(keys.insert(key).second);
      CHECK(setting_of_uv_key(setting_table(), key) == &setting);
    }
  }
  CHECK(find_setting(setting_table(), "no-such-setting") == nullptr);
}

TEST_CASE("a setting of envstore.yaml has a variable of its name, an example and a default in its help") {
  for (const SettingSpec& setting : setting_table()) {
    if (!setting.is_in_files) continue;
    CAPTURE(setting.name);
    REQUIRE_FALSE(setting.all_variables().empty());
    CHECK(setting.all_variables()[0].name == own_variable(setting.name));
    CHECK_FALSE(setting.example.empty());
  }
}

TEST_CASE("every flag is described, and only a switch stands for a value") {
  for (const SettingSpec& setting : setting_table())
    for (const OptionSpec& flag : setting.all_flags()) {
      CAPTURE(flag.name);
      CHECK_FALSE(flag.help.empty());
      CHECK((flag.means.empty() || flag.value.empty()));
      if (setting.kind != SettingKind::yes_no) CHECK(flag.means.empty() != flag.value.empty());
    }
}

TEST_CASE("variables of envstore come before those of uv, and these before those of pip") {
  const auto rank = [](std::string_view name) {
    return name.starts_with("ENVSTORE_") ? 0 : name.starts_with("UV_") ? 1 : name.starts_with("PIP_") ? 2 : 3;
  };
  for (const SettingSpec& setting : setting_table()) {
    int last = 0;
    for (const VariableSpec& variable : setting.all_variables()) {
      CAPTURE(variable.name);
      CHECK(rank(variable.name) >= last);
      CHECK(rank(variable.name) < 3);
      last = rank(variable.name);
    }
  }
}

TEST_CASE("what decides a resolution is part of the run cache key") {
  // These are in the key as fields of RunWords, or do not change what is installed.
  const std::set<std::string_view> others = {
      "layout",      "bytecode", "http-timeout", "allow-insecure-host", "http-proxy",
      "https-proxy", "proxy",    "no-proxy",     "certificates",        "client-certificate"};
  for (const SettingSpec& setting : setting_table()) {
    CAPTURE(setting.name);
    if (setting.take != nullptr) CHECK(setting.is_in_key != others.contains(setting.name));
  }
}
