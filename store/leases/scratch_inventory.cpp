#include "store/leases/scratch_inventory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "store/platform/digest.h"
#include "store/platform/error.h"
#include "store/platform/files.h"

// `.inventory`: "envscr1\n", then for each entry: u64 inode, u64 size (0 for a directory), i64 mtime in ns,
// u32 mode, u32 length of path, path. Host byte order: a scratch never leaves its machine. The last entry is
// the file itself. No change can be stamped with a time_of_boot by accident.

namespace envstore {
namespace {

constexpr const char* kInventory = ".inventory";
constexpr std::string_view kMagic = "envscr1\n";
constexpr std::size_t kLargest = std::size_t{1} << 20;
constexpr std::int64_t kSecond = 1'000'000'000;  // ns

struct Stamp {
  std::uint64_t inode, size;
  std::int64_t mtime_ns;
  std::uint32_t mode, path_length;
};
static_assert(sizeof(Stamp) == 32);

Stamp stamp_of(const struct stat& status, std::size_t path_length) {
  return {status.st_ino, S_ISDIR(status.st_mode) ? 0 : static_cast<std::uint64_t>(status.st_size),
          std::int64_t{status.st_mtim.tv_sec} * kSecond + status.st_mtim.tv_nsec, status.st_mode,
          static_cast<std::uint32_t>(path_length)};
}

struct stat status_of(int scratch, const std::string& path) {
  struct stat status {};
  if (fstatat(scratch, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) throw_errno(errno, "examine", path);
  return status;
}

/// Directories and regular files, each after its directory; links are left out.
std::vector<std::string> list_all(int scratch) {
  std::vector<std::string> paths{"."};
  for (std::size_t next = 0; next < paths.size(); ++next) {
    const std::string directory = paths[next];
    if (!S_ISDIR(status_of(scratch, directory).st_mode)) continue;
    for (const DirectoryEntry& entry : list_directory(scratch, directory))
      if (entry.type != DT_LNK) paths.push_back(directory == "." ? entry.name : directory + "/" + entry.name);
  }
  return paths;
}

/// A file with several links is a blob: its times belong to its row in the index.
bool is_own(const struct stat& status) {
  return S_ISDIR(status.st_mode) || status.st_nlink == 1;
}

void set_back(int scratch, const std::string& path, std::int64_t past_ns) {
  const timespec past{past_ns / kSecond, 0}, times[2] = {past, past};
  if (utimensat(scratch, path.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
    throw_errno(errno, "set the time of", path);
}

void append(std::string& out, const struct stat& status, const std::string& path) {
  const Stamp stamp = stamp_of(status, path.size());
  out.append(reinterpret_cast<const char*>(&stamp), sizeof stamp);
  out += path;
}

std::string take(int scratch, std::int64_t past_ns) {
  std::string out{kMagic};
  for (const std::string& path : list_all(scratch)) {
    if (path == kInventory) continue;
    if (is_own(status_of(scratch, path))) set_back(scratch, path, past_ns);
    append(out, status_of(scratch, path), path);
  }
  return out;
}

/// The size of `.inventory` for its own entry is computed before the file is written: all entries including
/// this one.
void append_itself(int scratch, std::string& out, std::int64_t past_ns) {
  struct stat status = status_of(scratch, kInventory);
  status.st_mtim = {past_ns / kSecond, 0};
  status.st_size = static_cast<off_t>(out.size() + sizeof(Stamp) + std::strlen(kInventory));
  append(out, status, kInventory);
}

bool is_same(int scratch, const Stamp& stamp, const std::string& path) {
  struct stat status {};
  if (fstatat(scratch, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
  const Stamp now = stamp_of(status, path.size());
  return std::memcmp(&now, &stamp, sizeof now) == 0;
}

}  // namespace

void take_inventory(int scratch, std::int64_t past_ns) {
  const Fd file = open_file(scratch, kInventory, O_WRONLY | O_CREAT | O_EXCL, 0644);
  std::string content = take(scratch, past_ns);
  append_itself(scratch, content, past_ns);
  write_all(file.get(), {reinterpret_cast<const std::byte*>(content.data()), content.size()}, kInventory);
  set_back(scratch, kInventory, past_ns);
}

std::int64_t time_of_boot(std::string_view boot_id) {
  constexpr std::uint64_t kEarliest = 1'000'000'000, kRange = 500'000'000;  // seconds
  std::uint64_t number = 0;
  const Fingerprint digest = fingerprint(as_bytes(boot_id));
  std::memcpy(&number, digest.bytes.data(), sizeof number);
  return static_cast<std::int64_t>(kEarliest + number % kRange) * kSecond;
}

bool is_as_inventoried(int scratch) {
  const std::optional<std::string> content = try_read_file(scratch, kInventory, kLargest);
  if (!content || !content->starts_with(kMagic)) return false;
  std::string_view rest = *content;
  rest.remove_prefix(kMagic.size());
  std::string last;
  while (!rest.empty()) {
    Stamp stamp;
    if (rest.size() < sizeof stamp) return false;
    std::memcpy(&stamp, rest.data(), sizeof stamp);
    rest.remove_prefix(sizeof stamp);
    if (rest.size() < stamp.path_length) return false;
    last = rest.substr(0, stamp.path_length);
    if (!is_same(scratch, stamp, last)) return false;
    rest.remove_prefix(stamp.path_length);
  }
  return last == kInventory;
}

}  // namespace envstore
