#include <unistd.h>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>

#include "store/platform/error.h"
#include "store/platform/files.h"

namespace envstore {

std::string current_directory() {
  const std::unique_ptr<char, void (*)(void*)> path(getcwd(nullptr, 0), std::free);
  if (!path) throw_errno(errno, "find", "the working directory");
  return path.get();
}

std::string absolute_path(std::string_view path) {
  std::string joined(path);
  if (joined.empty() || joined.front() != '/') joined = current_directory() + "/" + joined;
  std::string result;
  std::size_t start = 0;
  while (start < joined.size()) {
    std::size_t end = joined.find('/', start);
    if (end == std::string::npos) end = joined.size();
    const std::string_view part = std::string_view(joined).substr(start, end - start);
    start = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      result.erase(result.empty() ? 0 : result.rfind('/'));
      continue;
    }
    result.append("/").append(part);
  }
  return result.empty() ? "/" : result;
}

std::optional<std::string> real_path(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> resolved(realpath(path.c_str(), nullptr), std::free);
  if (resolved) return std::string(resolved.get());
  const int error = errno;
  if (error == ENOENT || error == ENOTDIR) return std::nullopt;
  throw_errno(error, "resolve", path);
}

}  // namespace envstore
