#include "python/settings/build_settings.h"

#include <algorithm>

#include "pypackaging/name.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

AllowedFiles allowed_files(bool forbids_build, bool forbids_wheels) {
  if (forbids_build) return forbids_wheels ? AllowedFiles::none : AllowedFiles::wheels;
  return forbids_wheels ? AllowedFiles::sdists : AllowedFiles::any;
}

}  // namespace

AllowedFiles BuildSettings::allowed(const std::string& name) const {
  const bool is_never_built = no_build_packages.contains(name),
             is_always_built = no_binary_packages.contains(name);
  return allowed_files(is_never_built || (no_build && !is_always_built),
                       is_always_built || (no_binary && !is_never_built));
}

AllowedFiles BuildSettings::allowed_for_others() const {
  return allowed_files(no_build, no_binary);
}

BackendSettings BuildSettings::config_of(const std::string& name) const {
  BackendSettings settings = config;
  if (const auto own = package_config.find(name); own != package_config.end())
    for (const auto& [key, values] : own->second) settings[key] = values;
  return settings;
}

bool BuildSettings::is_isolated(const std::string& name) const {
  return !no_isolation && !no_isolation_packages.contains(name);
}

void add_packages(std::string_view value, bool& all, std::set<std::string>& packages) {
  while (!value.empty()) {
    const std::string_view word = trimmed(value.substr(0, value.find(',')));
    value.remove_prefix(std::min(value.size(), value.find(',')));
    if (!value.empty()) value.remove_prefix(1);
    if (word == ":all:")
      all = true;
    else if (!word.empty() && word != ":none:")
      packages.insert(pypackaging::normalize_name(word));
  }
}

bool add_backend_setting(std::string_view value, BackendSettings& settings) {
  const std::size_t equals = value.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  settings[std::string(value.substr(0, equals))].emplace_back(value.substr(equals + 1));
  return true;
}

}  // namespace envstore
