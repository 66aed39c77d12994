#include "python/lock/lock_file_reader.h"

#include <utility>

#include "pypackaging/name.h"
#include "store/platform/files.h"
#include "store/platform/path_parts.h"

namespace envstore {

void LockFileReader::fail(const toml::source_region& where, const std::string& reason, ErrorKind kind) const {
  throw Error(kind, "cannot read '" + path_ + "': line " + std::to_string(where.begin.line) + ", column " +
                        std::to_string(where.begin.column) + ": " + reason);
}

toml::table LockFileReader::parse(std::string_view text) const {
  try {
    return parse_toml(text);
  } catch (const TomlError& error) {
    fail(error.where, error.what());
  }
}

const toml::node& LockFileReader::required(const toml::table& table, std::string_view key) const {
  if (const toml::node* node = table.get(key)) return *node;
  fail(table.source(), "'" + std::string(key) + "' is missing");
}

std::string LockFileReader::text_of(const toml::node& node) const {
  const auto value = node.value<std::string>();
  if (!node.is_string() || !value) fail(node.source(), "a text is expected here");
  return *value;
}

const toml::table& LockFileReader::table_of(const toml::node& node) const {
  if (const toml::table* table = node.as_table()) return *table;
  fail(node.source(), "a table is expected here");
}

const toml::array& LockFileReader::list(const toml::table& table, std::string_view key) const {
  static const toml::array kNone;
  const toml::node* node = table.get(key);
  if (node == nullptr) return kNone;
  if (const toml::array* array = node->as_array()) return *array;
  fail(node->source(), "'" + std::string(key) + "' must be an array");
}

std::string LockFileReader::name(const toml::node& node) const {
  auto parsed = pypackaging::parse_name(text_of(node));
  if (!parsed) fail(node.source(), parsed.error().message);
  return std::move(*parsed);
}

pypackaging::Marker LockFileReader::marker(const toml::node& node) const {
  auto parsed = pypackaging::Marker::parse(text_of(node));
  if (!parsed) fail(node.source(), parsed.error().message);
  return std::move(*parsed);
}

pypackaging::SpecifierSet LockFileReader::specifier(const toml::node& node) const {
  auto parsed = pypackaging::SpecifierSet::parse(text_of(node));
  if (!parsed) fail(node.source(), parsed.error().message);
  return std::move(*parsed);
}

std::string LockFileReader::in_folder(const std::string& path) const {
  return absolute_path(path.starts_with('/') ? path : directory_of(path_) + "/" + path);
}

}  // namespace envstore
