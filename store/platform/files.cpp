#include "store/platform/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>

#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/path_names.h"
#include "store/platform/random.h"

namespace envstore {
namespace {

/// Repeats the call while it fails with EINTR. The result is >= 0, or -1 with errno set.
template <class Call>
auto retried(Call call) {
  decltype(call()) result{};
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

FileStamp stamp_of(const struct stat& facts) {
  const auto nanoseconds = [](const timespec& time) {
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
  };
  return {.device = facts.st_dev,
          .inode = facts.st_ino,
          .size = static_cast<std::uint64_t>(facts.st_size),
          .mtime_ns = nanoseconds(facts.st_mtim),
          .ctime_ns = nanoseconds(facts.st_ctim),
          .mode = facts.st_mode,
          .links = static_cast<std::uint32_t>(facts.st_nlink)};
}

int open_at(int directory, const std::string& path, int flags, mode_t mode = 0) {
  return retried([&] { return openat(directory, path.c_str(), flags | O_CLOEXEC, mode); });
}

/// A path that the user gave may be a pipe, and opening it waits for the other end. A path relative to an
/// open directory is a file of the store.
bool is_in_held_directory(int directory, const std::string& path) {
  return directory != AT_FDCWD && !path.starts_with('/');
}

/// O_NONBLOCK for files of the store: a pipe in place of one has no process at its other end, so opening it
/// would block forever.
int open_without_waiting(int directory, const std::string& path, int flags, mode_t mode = 0) {
  const int waiting = is_in_held_directory(directory, path) ? O_NONBLOCK : 0;
  return open_at(directory, path, flags | O_NOFOLLOW | waiting, mode);
}

[[noreturn]] void throw_no_regular_file(int directory, const std::string& path) {
  throw Error(ErrorKind::damaged,
              format_text("cannot read '{}': it is no regular file", named(directory, path)),
              "`envstore verify --repair` puts it right");
}

/// `path` or one of its parent folders is not a directory.
[[noreturn]] void throw_no_directory(int directory, const std::string& path) {
  throw Error(ErrorKind::not_found,
              format_text("cannot open '{}': it is no directory", named(directory, path)),
              "`envstore verify --repair` puts it right");
}

/// Never blocks for a path relative to an open directory, whatever the file's type. nullopt: ENOENT.
std::optional<Fd> try_open_to_read(int directory, const std::string& path) {
  Fd fd(open_without_waiting(directory, path, O_RDONLY));
  if (fd) return fd;
  const int error = errno;
  if (error == ENOENT) return std::nullopt;
  if (is_in_held_directory(directory, path) && (error == ELOOP || error == ENXIO))
    throw_no_regular_file(directory, path);  // a link, a socket
  throw_errno(error, "open", named(directory, path));
}

std::string read_rest(int fd, std::size_t limit, int directory, const std::string& path) {
  struct stat facts {};
  if (fstat(fd, &facts) != 0) captured_errno().fail("read", named(directory, path));
  if (!S_ISREG(facts.st_mode) && is_in_held_directory(directory, path))
    throw_no_regular_file(directory, path);
  std::string content;
  // One byte more than the file's size, so that the same read also detects the end. Files of /proc have size
  // 0.
  std::size_t chunk =
      facts.st_size == 0 ? 4096 : std::min(static_cast<std::size_t>(facts.st_size), limit) + 1;
  while (true) {
    const std::size_t have = content.size();
    content.resize(have + chunk);
    const ssize_t count = retried([&] { return read(fd, content.data() + have, chunk); });
    if (count < 0) captured_errno().fail("read", named(directory, path));
    content.resize(have + static_cast<std::size_t>(count));
    if (content.size() > limit)
      throw Error(ErrorKind::invalid_input,
                  format_text("cannot read '{}': larger than {} bytes", named(directory, path), limit));
    // A read that stops exactly at the file's size has reached the end.
    if (count == 0 || (facts.st_size > 0 && content.size() == static_cast<std::size_t>(facts.st_size)))
      return content;
    chunk = std::max<std::size_t>(chunk, 4096);
  }
}

void write_new(int directory, const std::string& path, std::string_view content, mode_t mode) {
  const Fd fd = open_file(directory, path, O_WRONLY | O_CREAT | O_EXCL, mode);
  try {
    struct stat facts {};
    if (fstat(fd.get(), &facts) != 0) captured_errno().fail("create", named(directory, path));
    // Only if the umask removed bits: fchmod costs a journal entry.
    if ((facts.st_mode & 07777) != mode && fchmod(fd.get(), mode) != 0)
      captured_errno().fail("set the mode of", named(directory, path));
    write_all(fd.get(), {reinterpret_cast<const std::byte*>(content.data()), content.size()},
              named(directory, path));
  } catch (...) {
    unlinkat(directory, path.c_str(), 0);
    throw;
  }
}

}  // namespace

std::string named(int directory, std::string_view path) {
  if (directory == AT_FDCWD || (!path.empty() && path.front() == '/')) return std::string(path);
  const std::string base = path_of(directory);
  return path.empty() || path == "." ? base : base + "/" + std::string(path);
}

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

std::optional<FileStamp> stat_at(int directory, const std::string& path, Links links) {
  struct stat facts {};
  const int flags = links == Links::follow ? 0 : AT_SYMLINK_NOFOLLOW;
  if (fstatat(directory, path.c_str(), &facts, flags) == 0) return stamp_of(facts);
  const int error = errno;
  if (error == ENOENT || error == ENOTDIR) return std::nullopt;
  throw_errno(error, "look at", named(directory, path));
}

FileStamp stat_open(int fd, std::string_view path_for_errors) {
  struct stat facts {};
  if (fstat(fd, &facts) != 0) throw_errno(errno, "look at", path_for_errors);
  return stamp_of(facts);
}

Fd open_directory(int directory, const std::string& path) {
  const int fd = open_at(directory, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const int error = errno;
  if (fd < 0 && error == ENOTDIR && is_in_held_directory(directory, path))
    throw_no_directory(directory, path);
  if (fd < 0) throw_errno(error, "open", named(directory, path));
  return Fd(fd);
}

std::optional<Fd> try_open_file(int directory, const std::string& path, int flags) {
  const int fd = open_without_waiting(directory, path, flags);
  if (fd >= 0) return Fd(fd);
  const int error = errno;
  if (error == ENOENT) return std::nullopt;
  throw_errno(error, "open", named(directory, path));
}

Fd open_file(int directory, const std::string& path, int flags, mode_t mode) {
  const int fd = open_without_waiting(directory, path, flags, mode);
  if (fd >= 0) return Fd(fd);
  const int error = errno;
  if (error == EISDIR || error == ENXIO || error == ELOOP)
    if (is_in_held_directory(directory, path)) throw_no_regular_file(directory, path);
  throw_errno(error, (flags & O_CREAT) != 0 ? "create" : "open", named(directory, path));
}

std::string read_file(int directory, const std::string& path, std::size_t limit) {
  const std::optional<Fd> fd = try_open_to_read(directory, path);
  if (!fd) throw_errno(ENOENT, "open", named(directory, path));
  return read_rest(fd->get(), limit, directory, path);
}

std::optional<std::string> try_read_file(int directory, const std::string& path, std::size_t limit) {
  const std::optional<Fd> fd = try_open_to_read(directory, path);
  if (!fd) return std::nullopt;
  return read_rest(fd->get(), limit, directory, path);
}

void write_all(int fd, std::span<const std::byte> bytes, std::string_view path_for_errors) {
  while (!bytes.empty()) {
    const ssize_t count = retried([&] { return write(fd, bytes.data(), bytes.size()); });
    if (count < 0) throw_errno(errno, "write", path_for_errors);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void create_file(int directory, const std::string& path, std::string_view content, mode_t mode) {
  write_new(directory, path, content, mode);
}

void set_mtime(int directory, const std::string& path, std::int64_t mtime_ns) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const timespec times[] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
                            {.tv_sec = mtime_ns / kSecond, .tv_nsec = mtime_ns % kSecond}};
  if (utimensat(directory, path.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
    captured_errno().fail("set the time of", named(directory, path));
}

void replace_file(int directory, const std::string& path, std::string_view content, mode_t mode) {
  const std::string beside = path + ".new-" + random_name();
  write_new(directory, beside, content, mode);
  if (renameat(directory, beside.c_str(), directory, path.c_str()) != 0) {
    const int error = errno;
    unlinkat(directory, beside.c_str(), 0);
    throw_errno(error, "replace", named(directory, path));
  }
}

void make_directory(int directory, const std::string& path, mode_t mode) {
  if (mkdirat(directory, path.c_str(), mode) != 0)
    captured_errno().fail("make directory", named(directory, path));
}

bool make_directory_if_missing(int directory, const std::string& path, mode_t mode) {
  if (mkdirat(directory, path.c_str(), mode) == 0) return true;
  const int error = errno;
  // Some systems check the mount or the mode before they check whether the path exists.
  const bool may_exist = error == EEXIST || error == EROFS || error == EACCES || error == EPERM;
  struct stat facts {};
  if (may_exist && fstatat(directory, path.c_str(), &facts, 0) == 0 && S_ISDIR(facts.st_mode)) return false;
  if (error == EEXIST && is_in_held_directory(directory, path)) throw_no_directory(directory, path);
  throw_errno(error == EEXIST ? ENOTDIR : error, "make directory", named(directory, path));
}

void make_directories(int directory, const std::string& path, mode_t mode) {
  std::size_t end = 0;
  while (end != std::string::npos) {
    end = path.find('/', end + 1);
    const std::string prefix = path.substr(0, end);
    if (!prefix.empty() && prefix != "/") make_directory_if_missing(directory, prefix, mode);
  }
}

LinkResult link_at(int from_directory, const std::string& from, int to_directory, const std::string& to) {
  if (linkat(from_directory, from.c_str(), to_directory, to.c_str(), 0) == 0) return LinkResult::linked;
  const int error = errno;
  if (error == EEXIST) return LinkResult::exists;
  if (error == EMLINK) return LinkResult::too_many_links;
  throw_errno(error, "link", named(to_directory, to));
}

void symlink_at(const std::string& target, int directory, const std::string& path) {
  if (symlinkat(target.c_str(), directory, path.c_str()) != 0)
    captured_errno().fail("make link", named(directory, path));
}

std::string read_link(int directory, const std::string& path) {
  std::string target(256, '\0');
  while (true) {
    const ssize_t count = readlinkat(directory, path.c_str(), target.data(), target.size());
    if (count < 0) captured_errno().fail("read link", named(directory, path));
    if (static_cast<std::size_t>(count) < target.size()) {
      target.resize(static_cast<std::size_t>(count));
      return target;
    }
    target.resize(target.size() * 2);
  }
}

void rename_at(int from_directory, const std::string& from, int to_directory, const std::string& to) {
  if (renameat(from_directory, from.c_str(), to_directory, to.c_str()) != 0)
    captured_errno().fail("rename", named(from_directory, from));
}

bool rename_new(int from_directory, const std::string& from, int to_directory, const std::string& to) {
  if (renameat2(from_directory, from.c_str(), to_directory, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  const int error = errno;
  if (error == EEXIST) return false;
  throw_errno(error, "rename", named(from_directory, from));
}

bool unlink_if_there(int directory, const std::string& path) {
  if (unlinkat(directory, path.c_str(), 0) == 0) return true;
  const int error = errno;
  if (error == ENOENT || error == ENOTDIR) return false;
  throw_errno(error, "remove", named(directory, path));
}

std::vector<DirectoryEntry> list_directory(int directory, const std::string& path) {
  Fd fd = open_directory(directory, path);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(fd.get()), closedir);
  if (!stream) captured_errno().fail("list", named(directory, path));
  fd.release();
  std::vector<DirectoryEntry> entries;
  while (true) {
    errno = 0;
    const dirent* entry = readdir(stream.get());
    if (entry == nullptr) {
      if (errno != 0) captured_errno().fail("list", named(directory, path));
      return entries;
    }
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    unsigned char type = entry->d_type;
    if (type == DT_UNKNOWN) {
      const auto stamp = stat_at(dirfd(stream.get()), name, Links::do_not_follow);
      if (!stamp) continue;
      type = static_cast<unsigned char>(IFTODT(stamp->mode));
    }
    entries.push_back({std::move(name), type});
  }
}

std::string path_of(int fd) {
  if (fd == AT_FDCWD) return ".";
  std::string target(PATH_MAX, '\0');
  const ssize_t count = readlink(format_text("/proc/self/fd/{}", fd).c_str(), target.data(), target.size());
  if (count <= 0) return format_text("descriptor {}", fd);
  target.resize(static_cast<std::size_t>(count));
  return target;
}

MappedFile MappedFile::open(int directory, const std::string& path) {
  const std::optional<Fd> fd = try_open_to_read(directory, path);
  if (!fd) throw_errno(ENOENT, "open", named(directory, path));
  return of(fd->get(), named(directory, path));
}

MappedFile MappedFile::of(int fd, std::string_view path_for_errors) {
  struct stat facts {};
  if (fstat(fd, &facts) != 0) throw_errno(errno, "map", path_for_errors);
  if (!S_ISREG(facts.st_mode))
    throw Error(ErrorKind::damaged, format_text("cannot map '{}': it is no regular file", path_for_errors));
  MappedFile file;
  file.size_ = static_cast<std::size_t>(facts.st_size);
  if (file.size_ == 0) return file;
  void* data = mmap(nullptr, file.size_, PROT_READ, MAP_PRIVATE, fd, 0);
  if (data == MAP_FAILED) throw_errno(errno, "map", path_for_errors);
  file.data_ = static_cast<const std::byte*>(data);
  return file;
}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  if (this != &other) {
    if (data_ != nullptr) munmap(const_cast<std::byte*>(data_), size_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace envstore
