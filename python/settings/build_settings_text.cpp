#include "python/network/url.h"
#include "python/settings/build_settings.h"

// Separate from build_settings.cpp, so that the warm program, which only reads settings, does not link it.

namespace envstore {
namespace {

void add_line(std::string& text, std::string_view key, std::string_view value) {
  text.append(key).append(" ").append(value).append("\n");
}

void add_names(std::string& text, std::string_view key, const std::set<std::string>& names) {
  for (const std::string& name : names) add_line(text, key, name);
}

/// With lengths, because keys and values may hold any character.
void add_config(std::string& text, const std::string& key, const BackendSettings& settings) {
  for (const auto& [name, values] : settings)
    for (const std::string& value : values)
      add_line(text, key,
               std::to_string(name.size()) + " " + name + " " + std::to_string(value.size()) + " " + value);
}

void add_requirements(std::string& text, std::string_view key,
                      const std::vector<pypackaging::Requirement>& requirements) {
  std::set<std::string> lines;
  for (pypackaging::Requirement requirement : requirements) {
    if (requirement.url) requirement.url = address_key(*requirement.url);
    lines.insert(requirement.canonical());
  }
  add_names(text, key, lines);
}

}  // namespace

std::string BuildSettings::text() const {
  std::string text;
  if (no_build) add_line(text, "no-build", "yes");
  if (no_binary) add_line(text, "no-binary", "yes");
  add_names(text, "no-build", no_build_packages);
  add_names(text, "no-binary", no_binary_packages);
  if (no_isolation) add_line(text, "no-build-isolation", "yes");
  add_names(text, "no-build-isolation", no_isolation_packages);
  add_config(text, "config-setting", config);
  for (const auto& [name, settings] : package_config) add_config(text, "config-setting " + name, settings);
  add_requirements(text, "build-constraint", constraints);
  for (const auto& [name, requirements] : extra_requirements)
    for (const std::string& requirement : requirements)
      add_line(text, "build-requirement " + name, std::to_string(requirement.size()) + " " + requirement);
  for (const auto& [name, variables] : extra_variables)
    for (const std::string& variable : variables)
      add_line(text, "build-variable " + name, std::to_string(variable.size()) + " " + variable);
  return text;
}

}  // namespace envstore
