#pragma once
#include <string>
#include <vector>

#include "python/settings/script_settings.h"
#include "python/settings/toml.h"
#include "python/settings/uv_keys.h"

namespace envstore {

/// The origin of options: for error messages and for resolving relative paths.
struct OptionsOrigin {
  enum class Kind { script, file } kind = Kind::script;
  std::string what;    ///< "the metadata of 'demo.py'", "'/home/me/uv.toml'"
  std::string prefix;  ///< of keys in messages: "tool.uv.", or nothing
  std::string source;  ///< of the values
  std::size_t lines_before = 0, columns_before = 0;
  std::string directory;  ///< relative paths start here

  std::string position(const toml::source_region& where) const;  ///< "line 3, column 5"
  [[noreturn]] void fail(const toml::source_region& where, const std::string& reason) const;
};

/// Reads uv's settings from a TOML table, treating each key as uv_keys.h specifies.
class UvOptionsReader {
 public:
  UvOptionsReader(const OptionsOrigin& origin, ScriptSettings& settings, SettingTable table = setting_table())
      : origin_(origin), settings_(settings), table_(table) {}
  /// Throws Error{usage} for an invalid value (Error{invalid_input} in a script), Error{unsupported} for a
  /// refused key.
  void take(const toml::table& options);

 private:
  void take_setting(const SettingSpec& setting, const std::string& key, const toml::node& value);
  void take_script_key(const std::string& key, const toml::node& value);
  void check(const UvKey* known, const std::string& name, const toml::key& key, const toml::node& value);
  void add(const SettingSpec& setting, SettingValue value);
  void add_location(const SettingSpec& setting, const std::string& written);
  void take_indexes(const SettingSpec& setting, const toml::node& node);
  void take_index(const SettingSpec& setting, const toml::node& node);
  void take_package_values(const SettingSpec& setting, const toml::node& node);
  void take_dependency_metadata(const SettingSpec& setting, const toml::node& node);
  std::string metadata_text(const toml::table& table) const;
  void take_pairs(const SettingSpec& setting, const std::string& package, const toml::node& node);
  void take_package_pairs(const SettingSpec& setting, const toml::node& node);
  void take_package_requirements(const SettingSpec& setting, const toml::node& node);
  std::string build_requirement(const toml::node& node) const;
  void take_sources(const toml::node& node);
  void take_source(const std::string& name, const toml::node& node);
  PackageSource source_of(const std::string& name, const toml::table& table);
  void read_target(PackageSource& source, const std::string& key, const toml::node& value);

  std::string text(const toml::node& node) const;
  bool boolean(const toml::node& node) const;
  std::vector<std::string> texts(const toml::node& node) const;
  std::vector<std::string> names(const toml::node& node) const;
  std::string cutoff(const toml::node& node) const;
  std::vector<int> statuses(const toml::node& node) const;
  std::string api_cache_control(const toml::node& node) const;
  std::string location(const std::string& written) const;

  const OptionsOrigin& origin_;
  ScriptSettings& settings_;
  const SettingTable table_;
};

}  // namespace envstore
