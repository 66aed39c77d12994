#pragma once
#include <cstddef>
#include <span>
#include <string_view>

#include "python/settings/option_spec.h"

namespace envstore {

struct ResolutionSettings;
struct SettingValue;

/// What the text of a setting is, and so how each source is read.
enum class SettingKind : unsigned char {
  word,
  yes_no,
  cutoff,                ///< a word; in TOML also a date, a time or false
  path,                  ///< one file or directory
  index,                 ///< one package index: URL, name=URL or directory
  indexes,               ///< several of these
  find_links,            ///< several URLs or directories
  paths,                 ///< several files
  packages,              ///< several package names
  package_cutoffs,       ///< NAME=CUTOFF; one per package
  package_words,         ///< NAME=WORD; one per package
  words,                 ///< several words
  texts,                 ///< several texts that are used as they are written
  pairs,                 ///< several KEY=VALUE; in files also a table
  package_pairs,         ///< several NAME:KEY=VALUE; in TOML tables in a table
  package_requirements,  ///< several NAME:REQUIREMENT; in TOML lists in a table
};
constexpr bool is_per_package(SettingKind kind) {
  return kind == SettingKind::package_cutoffs || kind == SettingKind::package_words;
}
constexpr bool is_list(SettingKind kind) {
  return kind >= SettingKind::indexes && !is_per_package(kind);
}
/// Whether a value is an address or a directory of packages.
constexpr bool is_address(SettingKind kind) {
  return kind >= SettingKind::index && kind <= SettingKind::find_links;
}
/// Whether a value may be a path relative to the directory of its source.
constexpr bool is_place(SettingKind kind) {
  return kind >= SettingKind::path && kind <= SettingKind::paths;
}

/// The commands that have the flags of a setting.
enum class FlagsOf : unsigned char { every_command, run_and_config, run, gc };

/// A variable ENVSTORE_*, UV_* or PIP_*. For PIP_X, x is also the key in pip's files.
struct VariableSpec {
  std::string_view name;
  std::string_view means =
      {};                      ///< not empty: the variable is yes or no, and yes gives the setting this value
  std::string_view only = {};  ///< not empty: every other value is ignored
};

/// A setting, with everything that depends on it: flags, variables, keys in files, pages, `envstore
/// config` and the run cache key are derived from this.
struct SettingSpec {
  static constexpr std::size_t kMostFlags = 3, kMostVariables = 4, kMostKeys = 2;

  std::string_view name;  ///< in `envstore config` and in envstore.yaml; `gc.x` is `x` in the map `gc`
  SettingKind kind = SettingKind::word;
  bool is_in_key = true;  ///< flags and variables are part of the run cache key
  bool is_in_files = true;
  FlagsOf command = FlagsOf::run;
  std::string_view built_in = {};               ///< the default, as written; empty: none
  std::string_view example = {}, meaning = {};  ///< for the page
  OptionSpec flags[kMostFlags] = {};            ///< the first that is given counts; lists: all of them
  VariableSpec variables[kMostVariables] = {};  ///< the same; ENVSTORE_* before UV_* before PIP_*
  std::string_view uv_keys[kMostKeys] = {};     ///< in uv.toml, [tool.uv] and [tool.envstore]
  /// Adds a value to the settings, or only checks a value that is used elsewhere. Throws Error{usage} that
  /// names the source of an invalid value.
  void (*take)(const SettingValue&, ResolutionSettings&) = nullptr;

  std::span<const OptionSpec> all_flags() const { return used(flags); }
  std::span<const VariableSpec> all_variables() const { return used(variables); }
  std::span<const std::string_view> all_uv_keys() const { return std::span(uv_keys).first(key_count()); }

 private:
  template <class Spec, std::size_t count>
  static std::span<const Spec> used(const Spec (&specs)[count]) {
    std::size_t length = 0;
    while (length < count && !specs[length].name.empty()) ++length;
    return std::span(specs).first(length);
  }
  std::size_t key_count() const { return uv_keys[0].empty() ? 0 : uv_keys[1].empty() ? 1 : 2; }
};

using SettingTable = std::span<const SettingSpec>;
/// Every setting, in the order of `envstore config` and of the page.
SettingTable setting_table();
/// nullptr: there is none of that name.
const SettingSpec* find_setting(SettingTable table, std::string_view name);
/// The setting that uv calls `key`; nullptr: none.
const SettingSpec* setting_of_uv_key(SettingTable table, std::string_view key);

}  // namespace envstore
