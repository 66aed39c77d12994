#include "gc/census/scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "store/platform/error.h"

namespace envstore {
namespace {

constexpr std::size_t kBufferSize = std::size_t{64} << 10;

unsigned char type_by_stat(int directory, const std::string& name) {
  struct stat status {};
  return fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0
             ? static_cast<unsigned char>(IFTODT(status.st_mode))
             : static_cast<unsigned char>(DT_UNKNOWN);
}

void take_entries(int directory, const char* buffer, std::size_t size, std::vector<ScannedName>& names) {
  for (std::size_t at = 0; at < size;) {
    // struct linux_dirent64 of getdents64(2); dirent64 has the same members.
    const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
    at += entry->d_reclen;
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    const unsigned char type = entry->d_type != DT_UNKNOWN ? entry->d_type : type_by_stat(directory, name);
    names.push_back({std::move(name), type, entry->d_ino});
  }
}

}  // namespace

std::vector<ScannedName> scan_names(int directory, std::string_view path_for_errors) {
  alignas(dirent64) static thread_local char buffer[kBufferSize];
  std::vector<ScannedName> names;
  if (lseek(directory, 0, SEEK_SET) < 0) throw_errno(errno, "read directory", path_for_errors);
  while (true) {
    const long size = syscall(SYS_getdents64, directory, buffer, kBufferSize);
    if (size == 0) break;
    if (size < 0) {
      const int error = errno;
      if (error == EINTR) continue;
      if (error == ENOENT) break;  // removed since it was opened
      throw_errno(error, "read directory", path_for_errors);
    }
    take_entries(directory, buffer, static_cast<std::size_t>(size), names);
  }
  std::sort(names.begin(), names.end(),
            [](const ScannedName& a, const ScannedName& b) { return a.text < b.text; });
  return names;
}

std::optional<Fd> try_open_directory(int directory, const std::string& path) {
  while (true) {
    Fd fd(openat(directory, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (fd) return fd;
    const int error = errno;
    if (error == EINTR) continue;
    if (error == ENOENT || error == ENOTDIR || error == ELOOP || error == EACCES) return std::nullopt;
    throw_errno(error, "open directory", path);
  }
}

}  // namespace envstore
