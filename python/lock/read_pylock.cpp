#include <chrono>
#include <set>

#include "pypackaging/filename.h"
#include "python/lock/lock_file_reader.h"
#include "python/lock/pylock.h"
#include "python/network/url.h"
#include "store/platform/files.h"
#include "store/platform/path_parts.h"
#include "store/platform/terminal_text.h"

namespace envstore {
namespace {

/// Nanoseconds since 1970. A time without an offset is UTC, which the specification requires.
std::int64_t nanoseconds_of(const toml::date_time& written) {
  using namespace std::chrono;
  const year_month_day day{year(written.date.year), month(written.date.month),
                           std::chrono::day(written.date.day)};
  const auto clock = hours(written.time.hour) + minutes(written.time.minute) + seconds(written.time.second);
  const auto offset = minutes(written.offset ? written.offset->minutes : 0);
  return duration_cast<nanoseconds>(sys_days(day).time_since_epoch() + clock - offset).count() +
         written.time.nanosecond;
}

/// Times that 64 bits of nanoseconds hold.
bool is_in_range(const toml::date_time& written) {
  return written.date.year >= 1700 && written.date.year < 2200;
}

class PylockReader : private LockFileReader {
 public:
  using LockFileReader::LockFileReader;

  ParsedPylock read(std::string_view text) {
    const toml::table table = parse(text);
    take_version(table);
    Pylock& lock = result_.pylock;
    for (const toml::node& each : list(table, "environments")) lock.environments.push_back(marker(each));
    if (const toml::node* node = table.get("requires-python")) lock.requires_python = specifier(*node);
    for (const toml::node& each : list(table, "extras")) lock.extras.push_back(name(each));
    for (const toml::node& each : list(table, "dependency-groups"))
      lock.dependency_groups.push_back(name(each));
    for (const toml::node& each : list(table, "default-groups")) lock.default_groups.push_back(name(each));
    lock.created_by = text_of(required(table, "created-by"));
    required(table, "packages");
    for (const toml::node& each : list(table, "packages")) lock.packages.push_back(package(each));
    check_keys(table, {"lock-version", "environments", "requires-python", "extras", "dependency-groups",
                       "default-groups", "created-by", "packages", "tool"});
    return std::move(result_);
  }

 private:
  void take_version(const toml::table& table) {
    const toml::node& node = required(table, "lock-version");
    const std::string written = text_of(node);
    const auto version = pypackaging::Version::parse(written);
    if (!version) fail(node.source(), "lock-version '" + terminal_line(written) + "' is no version");
    if (version->release().front() != 1 || version->epoch() != 0)
      fail(node.source(),
           "lock-version " + terminal_line(written) + " is not supported; this program reads version 1",
           ErrorKind::unsupported);
    is_newer_ = *version > *pypackaging::Version::parse("1.0");
  }

  /// A lock of a later minor version may have keys whose meaning is not known here.
  void check_keys(const toml::table& table, const std::set<std::string_view>& known) {
    if (!is_newer_) return;
    for (const auto& [key, node] : table)
      if (!known.contains(key.str()))
        result_.warnings.push_back("line " + std::to_string(node.source().begin.line) + " of '" + path() +
                                   "': '" + terminal_line(key.str()) +
                                   "' belongs to a newer version of the format, and is ignored");
  }

  PylockPackage package(const toml::node& node) {
    const toml::table& table = table_of(node);
    PylockPackage package;
    package.name = name(required(table, "name"));
    package.line = node.source().begin.line;
    if (const toml::node* written = table.get("version")) package.version = version(*written);
    if (const toml::node* written = table.get("marker")) package.marker = marker(*written);
    if (const toml::node* written = table.get("requires-python"))
      package.requires_python = specifier(*written);
    for (const toml::node& each : list(table, "dependencies"))
      if (const toml::node* needed = table_of(each).get("name"))
        package.dependencies.push_back(name(*needed));
    if (const toml::node* written = table.get("index")) package.index = text_of(*written);
    take_files(table, package);
    check_sources(table, package);
    check_keys(table, {"name", "version", "marker", "requires-python", "dependencies", "index", "vcs",
                       "directory", "archive", "sdist", "wheels", "attestation-identities", "tool"});
    return package;
  }

  pypackaging::Version version(const toml::node& node) const {
    auto parsed = pypackaging::Version::parse(text_of(node));
    if (!parsed) fail(node.source(), parsed.error().message);
    return std::move(*parsed);
  }

  void take_files(const toml::table& table, PylockPackage& package) {
    for (const toml::node& each : list(table, "wheels")) package.wheels.push_back(wheel(each, package));
    if (const toml::node* node = table.get("sdist")) package.sdist = file(*node);
    if (const toml::node* node = table.get("archive")) package.archive = file(*node);
    for (const char* kind : {"vcs", "directory"})
      if (table.contains(kind)) package.source_tree = kind;
  }

  /// The sources exclude each other, except wheels and sdist.
  void check_sources(const toml::table& table, const PylockPackage& package) const {
    std::vector<std::string> kinds;
    for (const char* kind : {"vcs", "directory", "archive"})
      if (table.contains(kind)) kinds.emplace_back(kind);
    if (table.contains("wheels") || table.contains("sdist")) kinds.emplace_back("wheels and sdist");
    if (kinds.size() > 1)
      fail(table.source(), "'" + package.name + "' has both " + kinds[0] + " and " + kinds[1]);
  }

  IndexFile wheel(const toml::node& node, const PylockPackage& package) {
    IndexFile result = file(node);
    const auto parsed = pypackaging::WheelFilename::parse(result.filename);
    if (!parsed)
      fail(node.source(), "'" + terminal_line(result.filename) + "' is no wheel: " + parsed.error().message);
    if (parsed->name != package.name || (package.version && parsed->version != *package.version))
      fail(node.source(), "'" + terminal_line(result.filename) + "' is not of " + package.name +
                              (package.version ? " " + package.version->canonical() : ""));
    return result;
  }

  IndexFile file(const toml::node& node) {
    const toml::table& table = table_of(node);
    IndexFile result;
    result.url = address(table);
    const std::string last =
        result.url.starts_with('/')
            ? name_of(result.url)
            : percent_decode(name_of(result.url.substr(0, result.url.find_first_of("?#"))));
    const toml::node* written = table.get("name");
    result.filename = written == nullptr ? last : text_of(*written);
    if (result.filename.empty() || result.filename.find('/') != std::string::npos)
      fail(node.source(), "the file has no name");
    result.hashes = hashes(table_of(required(table, "hashes")));
    if (const toml::node* size = table.get("size")) result.size = size_of(*size);
    if (const toml::node* time = table.get("upload-time")) result.upload_time_ns = time_of(*time);
    check_keys(table, {"name", "upload-time", "url", "path", "size", "hashes", "subdirectory"});
    return result;
  }

  /// A path, if there is one, has priority.
  std::string address(const toml::table& table) const {
    if (const toml::node* node = table.get("path")) {
      const std::string path = text_of(*node);
      if (path.empty() || path.find('\0') != std::string::npos) fail(node->source(), "this is no path");
      return in_folder(path);
    }
    const toml::node* node = table.get("url");
    if (node == nullptr) fail(table.source(), "the file has neither a path nor a url");
    const std::string written = text_of(*node);
    const auto url = Url::parse(written);
    if (!url || !(url->is_http() || (url->is_file() && local_path(written))))
      fail(node->source(), "the url is none of http, https or a local file");
    return written.substr(0, written.find('#'));
  }

  FileDigests hashes(const toml::table& table) const {
    FileDigests result;
    if (table.empty()) fail(table.source(), "a file must have a hash");
    for (const auto& [algorithm, node] : table) {
      auto hash = FileDigest::read(algorithm.str(), text_of(node));
      if (!hash) continue;  // an algorithm that is not known proves nothing
      if (hash->hex.empty())
        fail(node.source(), "this is no " + hash->algorithm + ": its digits are not complete");
      result.add(std::move(*hash));
    }
    return result;
  }

  std::uint64_t size_of(const toml::node& node) const {
    const auto value = node.value<std::int64_t>();
    if (!node.is_integer() || !value || *value < 0) fail(node.source(), "a size is expected here");
    return static_cast<std::uint64_t>(*value);
  }

  std::int64_t time_of(const toml::node& node) const {
    const auto value = node.value<toml::date_time>();
    if (!node.is_date_time() || !value || !is_in_range(*value))
      fail(node.source(), "a date and time is expected here");
    return nanoseconds_of(*value);
  }

  bool is_newer_ = false;
  ParsedPylock result_;
};

}  // namespace

ParsedPylock parse_pylock(std::string_view text, const std::string& path) {
  return PylockReader(path).read(text);
}

}  // namespace envstore
