#include "python/settings/setting_parsers.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <optional>

#include "python/index/http_settings.h"
#include "python/settings/exclude_newer.h"
#include "store/platform/environment.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

/// Percent-encodes user and password for the part of a URL before the @.
std::string percent_encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool is_plain =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("-._~", c) != nullptr;
    result += is_plain ? std::string(1, c) : format_text("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

/// Adds UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD to the URL of a named index without
/// credentials, as uv does.
IndexLocation with_credentials_of_variables(IndexLocation index) {
  if (index.name.empty() || index.url.find("://") == std::string::npos) return index;
  std::string name;
  for (const char c : index.name) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const std::string user = variable_or_empty("UV_INDEX_" + name + "_USERNAME"),
                    password = variable_or_empty("UV_INDEX_" + name + "_PASSWORD");
  const std::size_t host = index.url.find("://") + 3;
  const std::string authority = index.url.substr(host, index.url.find('/', host) - host);
  if ((user.empty() && password.empty()) || authority.find('@') != std::string::npos) return index;
  index.url.insert(host,
                   percent_encoded(user) + (password.empty() ? "" : ":" + percent_encoded(password)) + "@");
  return index;
}

pypackaging::PrereleaseMode prerelease_mode_of(const SettingValue& value) {
  using Mode = pypackaging::PrereleaseMode;
  const std::string& word = value.value;
  if (word == "disallow") return Mode::disallow;
  if (word == "allow") return Mode::allow;
  // uv's older name for the same mode
  if (word == "if-necessary" || word == "if-necessary-or-explicit") return Mode::if_necessary;
  if (word == "explicit") return Mode::explicit_only;
  throw_bad_value(value, "prerelease mode", "disallow, allow, if-necessary or explicit");
}

Layout layout_of(const SettingValue& value) {
  if (value.value == "farm") return Layout::farm;
  if (value.value == "forest") return Layout::forest;
  throw_bad_value(value, "layout", "farm or forest");
}

BytecodeMode bytecode_of(const SettingValue& value) {
  if (value.value == "background") return BytecodeMode::background;
  if (value.value == "foreground") return BytecodeMode::foreground;
  if (value.value == "never") return BytecodeMode::never;
  throw_bad_value(value, "bytecode", "background, foreground or never");
}

}  // namespace

IndexLocation index_location(const SettingValue& value) {
  return {value.value,        value.name, value.is_flat, value.is_explicit, value.ignored_statuses,
          value.cache_control};
}

void take_index(const SettingValue& value, ResolutionSettings& settings) {
  const IndexLocation index = with_credentials_of_variables(index_location(value));
  if (!index.name.empty()) settings.named_indexes.push_back(index);
  if (!index.is_explicit) settings.indexes.indexes.push_back(index);
}

void take_find_links(const SettingValue& value, ResolutionSettings& settings) {
  settings.indexes.find_links.push_back(index_location(value));
}

void take_no_index(const SettingValue& value, ResolutionSettings& settings) {
  settings.indexes.no_index = parse_boolean(value);
}

void take_offline(const SettingValue& value, ResolutionSettings& settings) {
  settings.indexes.offline = parse_boolean(value);
}

void take_require_hashes(const SettingValue& value, ResolutionSettings& settings) {
  settings.require_hashes = parse_boolean(value);
}

void take_prerelease(const SettingValue& value, ResolutionSettings& settings) {
  settings.prereleases = prerelease_mode_of(value);
}

void take_prerelease_package(const SettingValue& value, ResolutionSettings& settings) {
  settings.package_prereleases[value.name] = prerelease_mode_of(value);
}

void take_no_deps(const SettingValue& value, ResolutionSettings& settings) {
  settings.without_dependencies = parse_boolean(value);
}

void take_dependency_metadata(const SettingValue& value, ResolutionSettings& settings) {
  settings.static_metadata.push_back(value.value);
}

void take_insecure_host(const SettingValue& value, ResolutionSettings& settings) {
  settings.indexes.transfers.insecure_hosts.push_back(value.value);
}

void take_http_proxy(const SettingValue& value, ResolutionSettings& settings) {
  settings.indexes.transfers.http_proxy = value.value;
}

void take_https_proxy(const SettingValue& value, ResolutionSettings& settings) {
  settings.indexes.transfers.https_proxy = value.value;
}

void take_proxy(const SettingValue& value, ResolutionSettings& settings) {
  TransferSettings& transfers = settings.indexes.transfers;
  for (std::string* proxy : {&transfers.http_proxy, &transfers.https_proxy})
    if (proxy->empty()) *proxy = value.value;
}

void take_no_proxy(const SettingValue& value, ResolutionSettings& settings) {
  settings.indexes.transfers.no_proxy.push_back(value.value);
}

void take_certificates(const SettingValue& value, ResolutionSettings& settings) {
  settings.indexes.transfers.certificates = value.value;
}

void take_client_certificate(const SettingValue& value, ResolutionSettings& settings) {
  settings.indexes.transfers.client_certificate = value.value;
}

void take_resolution(const SettingValue& value, ResolutionSettings& settings) {
  using pypackaging::Strategy;
  if (value.value == "highest")
    settings.strategy = Strategy::highest;
  else if (value.value == "lowest")
    settings.strategy = Strategy::lowest;
  else if (value.value == "lowest-direct")
    settings.strategy = Strategy::lowest_direct;
  else
    throw_bad_value(value, "resolution", "highest, lowest or lowest-direct");
}

void take_exclude_newer(const SettingValue& value, ResolutionSettings& settings) {
  settings.exclude_newer = parse_exclude_newer(value);
}

void take_exclude_newer_package(const SettingValue& value, ResolutionSettings& settings) {
  settings.exclude_newer_packages[value.name] = parse_exclude_newer(value);
}

void take_index_strategy(const SettingValue& value, ResolutionSettings& settings) {
  if (value.value == "first-index")
    settings.indexes.strategy = IndexStrategy::first_index;
  else if (value.value == "unsafe-best-match")
    settings.indexes.strategy = IndexStrategy::unsafe_best_match;
  else if (value.value == "unsafe-first-match")
    settings.indexes.strategy = IndexStrategy::unsafe_first_match;
  else
    throw_bad_value(value, "index strategy", "first-index, unsafe-first-match or unsafe-best-match");
}

void take_keyring_provider(const SettingValue& value, ResolutionSettings& settings) {
  settings.indexes.use_keyring = value.value == "subprocess";
  if (value.value != "subprocess" && value.value != "disabled" && value.value != "auto")
    throw_bad_value(value, "keyring provider", "disabled or subprocess");
}

void take_constraints(const SettingValue& value, ResolutionSettings& settings) {
  settings.constraint_files.push_back(value.value);
}

void take_overrides(const SettingValue& value, ResolutionSettings& settings) {
  settings.override_files.push_back(value.value);
}

void take_build_constraints(const SettingValue& value, ResolutionSettings& settings) {
  settings.build.constraint_files.push_back(value.value);
}

// --only-binary :all: in one source does not end --no-build of another: each only ever adds.
void take_no_build(const SettingValue& value, ResolutionSettings& settings) {
  settings.build.no_build = parse_boolean(value) || settings.build.no_build;
}

void take_no_build_package(const SettingValue& value, ResolutionSettings& settings) {
  add_packages(value.value, settings.build.no_build, settings.build.no_build_packages);
}

void take_no_binary(const SettingValue& value, ResolutionSettings& settings) {
  settings.build.no_binary = parse_boolean(value) || settings.build.no_binary;
}

void take_no_binary_package(const SettingValue& value, ResolutionSettings& settings) {
  add_packages(value.value, settings.build.no_binary, settings.build.no_binary_packages);
}

void take_config_setting(const SettingValue& value, ResolutionSettings& settings) {
  (void)add_backend_setting(value.value, settings.build.config);
}

void take_config_setting_of_package(const SettingValue& value, ResolutionSettings& settings) {
  (void)add_backend_setting(value.value, settings.build.package_config[value.name]);
}

void take_extra_build_requirement(const SettingValue& value, ResolutionSettings& settings) {
  if (value.value.starts_with(kMatchRuntime)) {
    settings.build.unsupported.push_back("'match-runtime' of 'extra-build-dependencies' (" + value.source +
                                         ")");
    return;
  }
  settings.build.extra_requirements[value.name].push_back(value.value);
}

void take_extra_build_variable(const SettingValue& value, ResolutionSettings& settings) {
  settings.build.extra_variables[value.name].push_back(value.value);
}

void take_no_build_isolation(const SettingValue& value, ResolutionSettings& settings) {
  settings.build.no_isolation = parse_boolean(value);
}

void take_no_build_isolation_of_package(const SettingValue& value, ResolutionSettings& settings) {
  bool all = false;
  add_packages(value.value, all, settings.build.no_isolation_packages);
}

void take_require_build_hashes(const SettingValue& value, ResolutionSettings& settings) {
  if (parse_boolean(value))
    settings.build.unsupported.push_back("'require-build-hashes' (" + value.source + ")");
}

void take_python_preference(const SettingValue& value, ResolutionSettings& settings) {
  if (value.value == "only-managed")
    settings.python_preference = PythonPreference::only_managed;
  else if (value.value == "managed")
    settings.python_preference = PythonPreference::managed;
  else if (value.value == "system")
    settings.python_preference = PythonPreference::system;
  else if (value.value == "only-system")
    settings.python_preference = PythonPreference::only_system;
  else
    throw_bad_value(value, "python preference", "only-managed, managed, system or only-system");
}

void check_http_timeout(const SettingValue& value, ResolutionSettings&) {
  const bool is_of_pip = value.source.starts_with("PIP_");
  if (!(is_of_pip ? parse_fractional_timeout : parse_timeout_seconds)(value.value))
    throw_bad_value(value, "a time limit", "a whole number of seconds from 1 to 86400");
}

void check_layout(const SettingValue& value, ResolutionSettings&) {
  (void)layout_of(value);
}

void check_bytecode(const SettingValue& value, ResolutionSettings&) {
  (void)bytecode_of(value);
}

ResolutionSettings resolution_settings(const SettingsLayer& merged) {
  ResolutionSettings settings;
  for (const auto& [setting, values] : merged.values())
    if (setting->take != nullptr)
      for (const SettingValue& value : values) setting->take(value, settings);
  if (settings.indexes.no_index) settings.indexes.indexes.clear();
  return settings;
}

Layout layout_setting(const SettingsLayer& merged) {
  const SettingValue* layout = merged.find("layout");
  return layout == nullptr ? Layout::farm : layout_of(*layout);
}

BytecodeMode bytecode_setting(const SettingsLayer& merged) {
  const SettingValue* bytecode = merged.find("bytecode");
  return bytecode == nullptr ? BytecodeMode::background : bytecode_of(*bytecode);
}

}  // namespace envstore
