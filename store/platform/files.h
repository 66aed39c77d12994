#pragma once
#include <sys/types.h>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace envstore {

/// An owned file descriptor, close-on-exec unless stated otherwise. -1 means none.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// The stat fields that show whether a file is still the same file with the same content.
struct FileStamp {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t mtime_ns = 0, ctime_ns = 0;
  std::uint32_t mode = 0, links = 0;
  bool operator==(const FileStamp&) const = default;
  bool is_directory() const { return (mode & 0170000) == 0040000; }
  bool is_regular() const { return (mode & 0170000) == 0100000; }
  bool is_symlink() const { return (mode & 0170000) == 0120000; }
};

enum class Links { follow, do_not_follow };

// Every path is relative to `directory` (AT_FDCWD for the working directory). Unless stated otherwise, a
// function does not follow a link in the last component, retries EINTR, and throws Error (throw_errno).

std::optional<FileStamp> stat_at(int directory, const std::string& path,
                                 Links links);  ///< nullopt: ENOENT, ENOTDIR
FileStamp stat_open(int fd, std::string_view path_for_errors);
Fd open_directory(int directory, const std::string& path);
std::optional<Fd> try_open_file(int directory, const std::string& path, int flags);  ///< nullopt: ENOENT
Fd open_file(int directory, const std::string& path, int flags, mode_t mode = 0);
std::string read_file(int directory, const std::string& path, std::size_t limit = std::size_t{1} << 30);
std::optional<std::string> try_read_file(int directory, const std::string& path,
                                         std::size_t limit = std::size_t{1} << 30);
void write_all(int fd, std::span<const std::byte> bytes, std::string_view path_for_errors);
/// Creates (O_EXCL) and writes a file with exactly this mode.
void create_file(int directory, const std::string& path, std::string_view content, mode_t mode);
void set_mtime(int directory, const std::string& path, std::int64_t mtime_ns);
/// Writes a temporary file beside `path` and renames it over `path`: readers see the old or the new content,
/// never a part of it.
void replace_file(int directory, const std::string& path, std::string_view content, mode_t mode);
void make_directory(int directory, const std::string& path, mode_t mode);  ///< an existing path is an error
bool make_directory_if_missing(int directory, const std::string& path, mode_t mode);  ///< true: made
void make_directories(int directory, const std::string& path, mode_t mode);
enum class LinkResult { linked, exists, too_many_links };
LinkResult link_at(int from_directory, const std::string& from, int to_directory, const std::string& to);
void symlink_at(const std::string& target, int directory, const std::string& path);
std::string read_link(int directory, const std::string& path);
void rename_at(int from_directory, const std::string& from, int to_directory, const std::string& to);
/// RENAME_NOREPLACE: false when the target exists.
bool rename_new(int from_directory, const std::string& from, int to_directory, const std::string& to);
bool unlink_if_there(int directory, const std::string& path);
/// Removes a whole tree without following links; makes unwritable directories writable as it goes. A missing
/// path is not an error.
void remove_tree(int directory, const std::string& path);
struct DirectoryEntry {
  std::string name;
  unsigned char type;  ///< DT_...; DT_UNKNOWN is resolved by a stat
};
std::vector<DirectoryEntry> list_directory(int directory, const std::string& path);
std::string path_of(int fd);  ///< /proc/self/fd
std::string current_directory();
std::string absolute_path(std::string_view path);               ///< lexically normalised, links not resolved
std::optional<std::string> real_path(const std::string& path);  ///< nullopt: does not exist

/// A read-only mapping of a whole file.
class MappedFile {
 public:
  static MappedFile open(int directory, const std::string& path);
  static MappedFile of(int fd, std::string_view path_for_errors);
  MappedFile(MappedFile&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();
  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  MappedFile() = default;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace envstore
