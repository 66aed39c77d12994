#include "python/build/build_system.h"

#include <fcntl.h>

#include <algorithm>

#include "python/settings/toml.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/format.h"
#include "store/platform/terminal_text.h"
#include "store/platform/text_encoding.h"

namespace envstore {
namespace {

constexpr const char* kLegacyBackend = "setuptools.build_meta:__legacy__";
constexpr const char* kLegacyRequirement = "setuptools >= 40.8.0";
constexpr std::size_t kLargestFile = std::size_t{16} << 20;

bool is_identifier(std::string_view name) {
  const auto is_start = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  return !name.empty() && is_start(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_start(c) || (c >= '0' && c <= '9'); });
}

bool is_dotted_name(std::string_view name) {
  while (true) {
    const std::size_t dot = name.find('.');
    if (!is_identifier(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

/// PEP 517: `module.path` or `module.path:object.path`.
bool is_backend(std::string_view text) {
  const std::size_t colon = text.find(':');
  return is_dotted_name(text.substr(0, colon)) &&
         (colon == std::string_view::npos || is_dotted_name(text.substr(colon + 1)));
}

BuildSystem legacy() {
  return {.requirements = {*pypackaging::Requirement::parse(kLegacyRequirement)},
          .backend = kLegacyBackend,
          .backend_path = {}};
}

/// Reads one pyproject.toml.
class Reader {
 public:
  Reader(const std::string& directory, const std::string& path) : directory_(directory), path_(path) {}

  BuildSystem read(const std::string& text) const {
    const toml::table document = parse(text);
    const toml::node* const node = document.get("build-system");
    if (node == nullptr) return legacy();
    const toml::table* const table = node->as_table();
    if (table == nullptr) fail(*node, "'build-system' must be a table");
    return read_table(*table);
  }

 private:
  toml::table parse(const std::string& text) const {
    try {
      return parse_toml(text);
    } catch (const TomlError& error) {
      fail(error.where, error.what());
    }
  }

  BuildSystem read_table(const toml::table& table) const {
    const toml::node* const requirements = table.get("requires");
    if (requirements == nullptr) fail(table, "'build-system' must have 'requires'");
    BuildSystem system{.requirements = {}, .backend = kLegacyBackend, .backend_path = {}};
    for (const auto& [text, node] : texts(*requirements, "requires"))
      system.requirements.push_back(requirement(text, *node));
    const toml::node* const backend = table.get("build-backend");
    if (backend != nullptr) system.backend = backend_name(*backend);
    const toml::node* const path = table.get("backend-path");
    if (path == nullptr) return system;
    if (backend == nullptr) fail(*path, "'backend-path' needs 'build-backend'");
    for (const auto& [text, node] : texts(*path, "backend-path"))
      system.backend_path.push_back(folder(text, *node));
    return system;
  }

  std::vector<std::pair<std::string, const toml::node*>> texts(const toml::node& node,
                                                               std::string_view key) const {
    const toml::array* const array = node.as_array();
    if (array == nullptr) fail(node, format_text("'{}' must be an array of texts", key));
    std::vector<std::pair<std::string, const toml::node*>> found;
    for (const toml::node& entry : *array) {
      const auto* const text = entry.as_string();
      if (text == nullptr) fail(entry, format_text("'{}' must be an array of texts", key));
      found.emplace_back(text->get(), &entry);
    }
    return found;
  }

  pypackaging::Requirement requirement(const std::string& text, const toml::node& node) const {
    auto parsed = pypackaging::Requirement::parse(text);
    if (!parsed) fail(node, format_text("'{}': {}", terminal_line(text), parsed.error().message));
    return std::move(*parsed);
  }

  std::string backend_name(const toml::node& node) const {
    const auto* const text = node.as_string();
    if (text == nullptr || !is_backend(text->get()))
      fail(node, "'build-backend' must be a text like 'module' or 'module:object'");
    return text->get();
  }

  /// PEP 517: inside the tree, after links and `..` have been resolved.
  std::string folder(const std::string& text, const toml::node& node) const {
    if (text.empty() || text.front() == '/' || text.find('\0') != std::string::npos)
      fail(node, "a folder of 'backend-path' must be relative to the project");
    const auto root = real_path(directory_), place = real_path(directory_ + "/" + text);
    if (!place) fail(node, format_text("'{}' is not there", terminal_line(text)));
    if (*place != *root && !place->starts_with(*root + "/"))
      fail(node, format_text("'{}' leads out of the project", terminal_line(text)));
    return text;
  }

  [[noreturn]] void fail(const toml::node& node, std::string_view reason) const {
    fail(node.source(), reason);
  }
  [[noreturn]] void fail(const toml::source_region& where, std::string_view reason) const {
    throw Error(ErrorKind::invalid_input,
                format_text("cannot read '{}': line {}, column {}: {}", terminal_line(path_),
                            where.begin.line, where.begin.column, reason));
  }

  const std::string& directory_;
  const std::string& path_;
};

}  // namespace

BuildSystem read_build_system(const std::string& source_directory) {
  const std::string path = source_directory + "/pyproject.toml";
  // A link is followed: in a local tree it may lead anywhere, in an unpacked archive it leads into the
  // archive.
  const auto place = real_path(path);
  const auto text = place ? try_read_file(AT_FDCWD, *place, kLargestFile) : std::nullopt;
  if (text) return Reader(source_directory, path).read(decode_text(*text, path));
  if (!stat_at(AT_FDCWD, source_directory + "/setup.py", Links::follow))
    throw Error(ErrorKind::invalid_input,
                format_text("cannot build '{}': it has neither pyproject.toml nor setup.py",
                            terminal_line(source_directory)),
                "if the project is in a folder of it, name that as subdirectory");
  return legacy();
}

}  // namespace envstore
