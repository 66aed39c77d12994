#pragma once
#include "python/settings/bytecode_mode.h"
#include "python/settings/resolution_settings.h"
#include "python/settings/settings_layer.h"
#include "store/platform/store_paths.h"

namespace envstore {

/// The parsers that the table of settings names. Each throws Error{usage} that names the source of an invalid
/// value.
void take_index(const SettingValue& value, ResolutionSettings& settings);
void take_find_links(const SettingValue& value, ResolutionSettings& settings);
void take_no_index(const SettingValue& value, ResolutionSettings& settings);
void take_offline(const SettingValue& value, ResolutionSettings& settings);
void take_require_hashes(const SettingValue& value, ResolutionSettings& settings);
void take_prerelease(const SettingValue& value, ResolutionSettings& settings);
void take_prerelease_package(const SettingValue& value, ResolutionSettings& settings);
void take_no_deps(const SettingValue& value, ResolutionSettings& settings);
void take_dependency_metadata(const SettingValue& value, ResolutionSettings& settings);
void take_insecure_host(const SettingValue& value, ResolutionSettings& settings);
void take_http_proxy(const SettingValue& value, ResolutionSettings& settings);
void take_https_proxy(const SettingValue& value, ResolutionSettings& settings);
void take_proxy(const SettingValue& value, ResolutionSettings& settings);
void take_no_proxy(const SettingValue& value, ResolutionSettings& settings);
void take_certificates(const SettingValue& value, ResolutionSettings& settings);
void take_client_certificate(const SettingValue& value, ResolutionSettings& settings);
void take_resolution(const SettingValue& value, ResolutionSettings& settings);
void take_exclude_newer(const SettingValue& value, ResolutionSettings& settings);
void take_exclude_newer_package(const SettingValue& value, ResolutionSettings& settings);
void take_index_strategy(const SettingValue& value, ResolutionSettings& settings);
void take_keyring_provider(const SettingValue& value, ResolutionSettings& settings);
void take_constraints(const SettingValue& value, ResolutionSettings& settings);
void take_overrides(const SettingValue& value, ResolutionSettings& settings);
void take_build_constraints(const SettingValue& value, ResolutionSettings& settings);
void take_no_build(const SettingValue& value, ResolutionSettings& settings);
void take_no_build_package(const SettingValue& value, ResolutionSettings& settings);
void take_no_binary(const SettingValue& value, ResolutionSettings& settings);
void take_no_binary_package(const SettingValue& value, ResolutionSettings& settings);
void take_config_setting(const SettingValue& value, ResolutionSettings& settings);
void take_config_setting_of_package(const SettingValue& value, ResolutionSettings& settings);
void take_extra_build_requirement(const SettingValue& value, ResolutionSettings& settings);
void take_extra_build_variable(const SettingValue& value, ResolutionSettings& settings);
void take_no_build_isolation(const SettingValue& value, ResolutionSettings& settings);
void take_no_build_isolation_of_package(const SettingValue& value, ResolutionSettings& settings);
void take_require_build_hashes(const SettingValue& value, ResolutionSettings& settings);
void take_python_preference(const SettingValue& value, ResolutionSettings& settings);
void check_http_timeout(const SettingValue& value, ResolutionSettings&);
void check_layout(const SettingValue& value, ResolutionSettings&);
void check_bytecode(const SettingValue& value, ResolutionSettings&);

/// A value of index, default-index or find-links.
IndexLocation index_location(const SettingValue& value);
/// All values of the layer, each taken by its parser.
ResolutionSettings resolution_settings(const SettingsLayer& merged);
Layout layout_setting(const SettingsLayer& merged);
BytecodeMode bytecode_setting(const SettingsLayer& merged);

}  // namespace envstore
