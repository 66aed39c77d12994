#include <fcntl.h>

#include <algorithm>

#include "python/interpreter/interpreter.h"
#include "store/platform/error.h"
#include "store/platform/files.h"

namespace envstore {
namespace {

constexpr std::size_t kLargestVersionFile = 64 * 1024;

/// The first line that is neither empty nor a comment.
std::string first_request(const std::string& content) {
  std::size_t at = 0;
  while (at < content.size()) {
    const std::size_t end = std::min(content.find('\n', at), content.size());
    std::string line = content.substr(at, end - at);
    at = end + 1;
    line = line.substr(0, line.find('#'));
    const std::size_t first = line.find_first_not_of(" \t\r\f");
    if (first == std::string::npos) continue;
    return line.substr(first, line.find_last_not_of(" \t\r\f") - first + 1);
  }
  return {};
}

std::optional<std::string> content_of(const std::string& path) {
  try {
    const auto stamp = stat_at(AT_FDCWD, path, Links::follow);
    if (!stamp || !stamp->is_regular()) return std::nullopt;
    return try_read_file(AT_FDCWD, path, kLargestVersionFile);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::permission)
      return std::nullopt;  // a folder above that is not ours to read
    throw;
  }
}

}  // namespace

std::optional<std::pair<std::string, std::string>> find_python_version_file(const std::string& directory) {
  for (std::string at = absolute_path(directory);; at.resize(at.rfind('/'))) {
    if (at == "/") at.clear();
    for (const char* name : {"/.python-version", "/.python-versions"}) {
      const std::string path = at + name;
      const std::string request = first_request(content_of(path).value_or(""));
      if (!request.empty()) return std::pair(path, request);
    }
    if (at.empty()) return std::nullopt;
  }
}

}  // namespace envstore
