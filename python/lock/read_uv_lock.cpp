#include <algorithm>

#include "pypackaging/filename.h"
#include "pypackaging/name.h"
#include "python/lock/lock_file_reader.h"
#include "python/lock/uv_lock.h"
#include "python/network/url.h"
#include "store/platform/files.h"
#include "store/platform/path_parts.h"
#include "store/platform/terminal_text.h"

namespace envstore {
namespace {

class UvLockReader : private LockFileReader {
 public:
  using LockFileReader::LockFileReader;

  UvLock read(std::string_view text) {
    const toml::table table = parse(text);
    check_version(table);
    for (const char* key : {"conflicts", "supported-markers"})
      if (const toml::node* node = table.get(key))
        refuse(*node, std::string("'") + key + "' is not supported");
    if (const toml::node* node = table.get("requires-python"))
      lock_.inputs.requires_python = specifier(*node);
    if (const toml::node* node = table.get("manifest")) take_manifest(table_of(*node));
    for (const toml::node& each : list(table, "package")) lock_.packages.push_back(package(table_of(each)));
    return std::move(lock_);
  }

 private:
  [[noreturn]] void refuse(const toml::node& node, const std::string& reason) const {
    fail(node.source(), reason, ErrorKind::unsupported);
  }

  void check_version(const toml::table& table) const {
    const toml::node& node = required(table, "version");
    const auto version = node.value<std::int64_t>();
    if (!node.is_integer() || !version) fail(node.source(), "a number is expected here");
    // A revision is compatible with all programs that read its version.
    if (*version != 1)
      refuse(node, "version " + std::to_string(*version) + " of the format is not supported, only 1");
  }

  /// Empty if the key is missing.
  std::string text(const toml::table& table, std::string_view key) const {
    const toml::node* node = table.get(key);
    return node == nullptr ? std::string() : text_of(*node);
  }
  std::string name_in(const toml::table& table) const { return name(required(table, "name")); }
  pypackaging::Marker marker(const toml::node* node) const {
    if (node == nullptr) return {};
    pypackaging::Marker result = LockFileReader::marker(*node);
    if (result.mentions_extra()) refuse(*node, "a marker of conflicting extras is not supported");
    return result;
  }
  pypackaging::Version version(const toml::node& node) const {
    auto parsed = pypackaging::Version::parse(text_of(node));
    if (!parsed) fail(node.source(), parsed.error().message);
    return std::move(*parsed);
  }
  std::vector<std::string> names(const toml::array& array) const {
    std::vector<std::string> result;
    for (const toml::node& each : array) result.push_back(name(each));
    std::sort(result.begin(), result.end());
    return result;
  }
  void take_manifest(const toml::table& table) {
    for (const char* key : {"members", "dependency-groups"})
      if (const toml::node* node = table.get(key)) refuse(*node, "it locks a project, not a script");
    LockInputs& inputs = lock_.inputs;
    for (const toml::node& each : list(table, "dependency-metadata"))
      inputs.static_metadata.push_back(static_metadata(table_of(each)));
    for (const toml::node& each : list(table, "requirements")) {
      if (const std::string index = text(table_of(each), "index"); !index.empty())
        inputs.indexes[name_in(table_of(each))] =
            index.find("://") == std::string::npos ? in_folder(index) : index;
      inputs.requirements.push_back(requirement(table_of(each)));
      const pypackaging::Requirement& root = inputs.requirements.back();
      lock_.roots.push_back({root.normalized_name, "", "", root.extras, root.marker});
    }
    for (const toml::node& each : list(table, "constraints"))
      inputs.constraints.push_back(requirement(table_of(each)));
    for (const toml::node& each : list(table, "overrides"))
      inputs.overrides.push_back(requirement(table_of(each)));
    inputs.excludes = names(list(table, "excludes"));
  }

  pypackaging::Requirement requirement(const toml::table& table) const {
    pypackaging::Requirement result;
    result.name = result.normalized_name = name_in(table);
    result.extras = names(list(table, "extras"));
    result.marker = marker(table.get("marker"));
    if (const toml::node* node = table.get("specifier")) result.specifier = specifier(*node);
    if (const toml::node* node = table.get("url")) result.url = text_of(*node);
    if (const toml::node* node = table.get("path")) result.url = file_url(in_folder(text_of(*node)));
    for (const char* kind : {"git", "directory", "editable", "virtual"})
      if (const toml::node* node = table.get(kind))
        refuse(*node, std::string("a requirement of kind '") + kind + "' would have to be built");
    return result;
  }

  StaticMetadata static_metadata(const toml::table& table) const {
    StaticMetadata result;
    result.name = name_in(table);
    if (const toml::node* node = table.get("version")) result.version = version(*node);
    for (const toml::node& each : list(table, "requires-dist")) {
      auto parsed = pypackaging::Requirement::parse(text_of(each));
      if (!parsed) fail(each.source(), parsed.error().message);
      result.dependencies.requires_dist.push_back(std::move(*parsed));
    }
    if (const toml::node* node = table.get("requires-python"))
      result.dependencies.requires_python = specifier(*node);
    result.dependencies.provides_extra = names(list(table, "provides-extras"));
    return result;
  }

  UvEdge edge(const toml::node& node) const {
    const toml::table& table = table_of(node);
    UvEdge result{name_in(table), text(table, "version"), "", {}, marker(table.get("marker"))};
    if (const toml::node* source = table.get("source")) result.source = source_text(table_of(*source));
    result.extras = names(list(table, "extra"));
    return result;
  }

  std::vector<UvEdge> edges(const toml::array& array) const {
    std::vector<UvEdge> result;
    for (const toml::node& each : array) result.push_back(edge(each));
    return result;
  }

  std::string source_text(const toml::table& table) const {
    std::string result;
    for (const auto& [key, node] : table)
      result += std::string(key.str()) + "=" + (node.is_string() ? text_of(node) : "") + ";";
    return result;
  }

  UvPackage package(const toml::table& table) {
    UvPackage result;
    PylockPackage& package = result.package;
    package.name = name_in(table);
    package.line = table.source().begin.line;
    if (const toml::node* node = table.get("version")) package.version = version(*node);
    for (const toml::node& each : list(table, "resolution-markers"))
      result.resolution_markers.push_back(marker(&each));
    result.dependencies = edges(list(table, "dependencies"));
    if (const toml::node* node = table.get("optional-dependencies"))
      for (const auto& [extra, array] : table_of(*node))
        result.optional[pypackaging::normalize_name(extra.str())] = edges(list(table_of(*node), extra.str()));
    const toml::node* source = table.get("source");
    if (source == nullptr) fail(table.source(), "'source' is missing");
    result.source = source_text(table_of(*source));
    take_files(table, table_of(*source), package);
    return result;
  }

  /// A wheel of an address or path is one file; a registry has several.
  void take_files(const toml::table& table, const toml::table& source, PylockPackage& package) const {
    for (const char* kind : {"git", "directory", "editable", "virtual"})
      if (source.contains(kind)) package.source_tree = kind;
    const std::string registry = text(source, "registry");
    std::string direct = text(source, "url");
    if (direct.empty() && source.contains("path")) direct = in_folder(text(source, "path"));
    for (const toml::node& each : list(table, "wheels")) {
      IndexFile file = this->file(each, registry, direct);
      const auto wheel = pypackaging::WheelFilename::parse(file.filename);
      if (!wheel) fail(each.source(), "'" + terminal_line(file.filename) + "' is no wheel");
      if (wheel->name != package.name || (package.version && wheel->version != *package.version))
        fail(each.source(), "'" + terminal_line(file.filename) + "' is of another package");
      if (direct.empty())
        package.wheels.push_back(std::move(file));
      else
        package.archive = std::move(file);
    }
    if (const toml::node* node = table.get("sdist"))
      (direct.empty() ? package.sdist : package.archive) = file(*node, registry, direct);
  }

  IndexFile file(const toml::node& node, const std::string& registry, const std::string& direct) const {
    const toml::table& table = table_of(node);
    IndexFile result;
    result.url = direct;
    if (table.contains("url")) result.url = text(table, "url");
    if (const std::string path = text(table, "path"); !path.empty()) {
      const std::string base = registry.find("://") == std::string::npos
                                   ? in_folder(registry)
                                   : directory_of(LockFileReader::path());
      result.url = absolute_path(path.starts_with('/') ? path : base + "/" + path);
    }
    const bool is_path = result.url.starts_with('/');
    const auto url = Url::parse(result.url);
    if (!is_path && (!url || !(url->is_http() || (url->is_file() && local_path(result.url)))))
      fail(node.source(), "the file's address is none of http, https or a local file");
    if (!is_path) result.url.resize(std::min(result.url.find('#'), result.url.size()));
    result.filename = text(table, "filename");
    if (result.filename.empty())
      result.filename =
          is_path ? name_of(result.url) : percent_decode(name_of(result.url.substr(0, result.url.find('?'))));
    if (const toml::node* hash = table.get("hash")) result.hashes.add(digest(*hash));
    if (const toml::node* size = table.get("size"))
      if (const auto value = size->value<std::int64_t>(); value && *value >= 0)
        result.size = static_cast<std::uint64_t>(*value);
    return result;
  }

  FileDigest digest(const toml::node& node) const {
    const std::string written = text_of(node);
    const std::size_t colon = std::min(written.find(':'), written.size());
    auto hash =
        FileDigest::read(written.substr(0, colon), written.substr(std::min(colon + 1, written.size())));
    if (!hash || hash->hex.empty()) fail(node.source(), "this hash cannot be checked");
    return std::move(*hash);
  }

  UvLock lock_;
};

}  // namespace

UvLock parse_uv_lock(std::string_view text, const std::string& path) {
  return UvLockReader(path).read(text);
}

}  // namespace envstore
