#pragma once
#include <string>
#include <string_view>

#include "pypackaging/marker.h"
#include "pypackaging/specifier.h"
#include "python/settings/toml.h"
#include "store/platform/error.h"

namespace envstore {

/// What the readers of lock files in TOML share: typed values, and errors that name the file, the line and
/// the column. Nothing of the file is trusted.
class LockFileReader {
 public:
  /// `path` must outlive this object.
  explicit LockFileReader(const std::string& path) : path_(path) {}

 protected:
  ~LockFileReader() = default;
  LockFileReader(const LockFileReader&) = default;
  LockFileReader& operator=(const LockFileReader&) = delete;

  const std::string& path() const { return path_; }
  [[noreturn]] void fail(const toml::source_region& where, const std::string& reason,
                         ErrorKind kind = ErrorKind::invalid_input) const;
  toml::table parse(std::string_view text) const;

  const toml::node& required(const toml::table& table, std::string_view key) const;
  std::string text_of(const toml::node& node) const;
  const toml::table& table_of(const toml::node& node) const;
  /// Empty if the key is missing.
  const toml::array& list(const toml::table& table, std::string_view key) const;
  std::string name(const toml::node& node) const;  ///< normalised
  pypackaging::Marker marker(const toml::node& node) const;
  pypackaging::SpecifierSet specifier(const toml::node& node) const;
  /// Absolute: relative paths are relative to the file's folder.
  std::string in_folder(const std::string& path) const;

 private:
  const std::string& path_;
};

}  // namespace envstore
