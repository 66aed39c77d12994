#include "store/index/reserve.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <string>

#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/path_names.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

// One rename on btrfs reserves almost 3 MiB.
constexpr std::uint64_t kMost = std::uint64_t{4} << 20, kLeast = std::uint64_t{64} << 10;
constexpr std::uint64_t kShareOfDisk = 32, kShareOfFree = 16;

std::string path() {
  return store_paths::kReserve;
}

struct statvfs disk_of(int root) {
  struct statvfs facts {};
  if (fstatvfs(root, &facts) != 0) captured_errno().fail("look at the disk of", named(root, ""));
  return facts;
}

void make(int root) {
  const struct statvfs disk = disk_of(root);
  const std::uint64_t size =
      std::clamp(std::uint64_t{disk.f_blocks} * disk.f_frsize / kShareOfDisk, kLeast, kMost);
  if (std::uint64_t{disk.f_bavail} * disk.f_frsize / kShareOfFree < size) return;
  const auto there = stat_at(root, path(), Links::do_not_follow);
  if (there && there->size >= size) return;
  const Fd file = open_file(root, path(), O_WRONLY | O_CREAT, 0600);
  if (fallocate(file.get(), 0, 0, static_cast<off_t>(size)) != 0) unlink_if_there(root, path());
}

}  // namespace

void keep_reserve(int root) noexcept {
  try {
    make(root);
  } catch (...) {
    return;
  }
}

bool drop_reserve(int root) {
  if (!unlink_if_there(root, path())) return false;
  (void)syncfs(root);  // btrfs and zfs free space with their next commit
  return true;
}

std::uint64_t free_bytes(int root) {
  const struct statvfs disk = disk_of(root);
  return std::uint64_t{disk.f_bavail} * disk.f_frsize;
}

}  // namespace envstore
