#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pypackaging/requirement.h"

namespace envstore {

/// The files of a package that may be used: wheels, source distributions, either or neither.
enum class AllowedFiles { any, wheels, sdists, none };

/// Begins a value of extra-build-dependencies that has uv's `match-runtime`.
inline constexpr std::string_view kMatchRuntime = "match-runtime:";

/// KEY=VALUE for a build backend (PEP 517, `config_settings`); a key that is given repeatedly has all values.
using BackendSettings = std::map<std::string, std::vector<std::string>>;

/// What a file policy and the build of a source distribution depend on. Names are normalised.
struct BuildSettings {
  bool no_build = false, no_binary = false;
  std::set<std::string> no_build_packages, no_binary_packages;
  bool no_isolation = false;
  std::set<std::string> no_isolation_packages;
  BackendSettings config;                                 ///< of every package
  std::map<std::string, BackendSettings> package_config;  ///< by package, overrides the same key of `config`
  std::vector<pypackaging::Requirement> constraints;      ///< of build environments
  std::vector<std::string> constraint_files;              ///< absolute paths of files to read into these
  /// By package: requirements of its build environment in addition to those that it states, and variables of
  /// its build as `NAME=value`.
  std::map<std::string, std::vector<std::string>> extra_requirements;
  std::map<std::string, std::vector<std::string>> extra_variables;
  /// Settings that change builds and are not supported, each with its source: an error once something is
  /// built.
  std::vector<std::string> unsupported;
  bool operator==(const BuildSettings&) const = default;

  /// A package that is named has priority over a rule for all, as with uv and pip.
  AllowedFiles allowed(const std::string& normalized_name) const;
  /// The rule for packages that are not named.
  AllowedFiles allowed_for_others() const;
  BackendSettings config_of(const std::string& normalized_name) const;
  bool is_isolated(const std::string& normalized_name) const;
  /// Everything that can change what is built or chosen, one fact a line; empty for the defaults.
  std::string text() const;
};

/// A value of --no-build-package, --only-binary, --no-binary-package, or of pip's variables and lines: names
/// separated by commas; `:all:` is every package, `:none:` no package.
void add_packages(std::string_view value, bool& all, std::set<std::string>& packages);
/// Adds KEY=VALUE. False: it has no `=`, or no key.
bool add_backend_setting(std::string_view value, BackendSettings& settings);

}  // namespace envstore
