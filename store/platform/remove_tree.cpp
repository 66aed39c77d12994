#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>

#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/format.h"
#include "store/platform/path_names.h"

namespace envstore {
namespace {

/// A directory that is being emptied. Its descriptor is not kept open, because a deep tree would need one per
/// level; the way back up is "..", checked against device and inode.
struct Level {
  std::string name;
  dev_t device = 0;
  ino_t inode = 0;
  std::vector<std::string> directories;  ///< still to be entered
  int rounds_left = 64;                  ///< bounds the work when another process keeps adding files
};

class TreeRemover {
 public:
  TreeRemover(int parent, const std::string& path) : parent_(parent), path_(path) {}

  void run() {
    enter(parent_, path_);
    while (!levels_.empty()) {
      if (!levels_.back().directories.empty()) {
        const std::string name = std::move(levels_.back().directories.back());
        levels_.back().directories.pop_back();
        enter(current_.get(), name);
      } else {
        leave();
      }
    }
  }

 private:
  [[noreturn]] void fail(int error, std::string_view name) const {
    throw_errno(error, "remove", named(current_ ? current_.get() : parent_, name));
  }

  void enter(int directory, const std::string& name) {
    constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(directory, name.c_str(), kFlags);
    int error = errno;
    if (fd < 0 && error == EACCES) {
      make_accessible(directory, name);
      fd = openat(directory, name.c_str(), kFlags);
      error = errno;
    }
    if (fd < 0 && error == ENOENT) return;
    if (fd < 0) fail(error, name);
    Fd opened(fd);
    struct stat facts {};
    if (fstat(fd, &facts) != 0) fail(errno, name);
    // If this fails, removing the first name reports the error.
    if ((facts.st_mode & 0700) != 0700) static_cast<void>(fchmod(fd, 0700));
    current_ = std::move(opened);
    levels_.push_back({.name = name, .device = facts.st_dev, .inode = facts.st_ino, .directories = {}});
    empty_current();
  }

  /// chmod through O_PATH and /proc, so that a link swapped in is never followed. If this fails, opening the
  /// directory reports the error.
  static void make_accessible(int directory, const std::string& name) {
    const Fd place(openat(directory, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (place) static_cast<void>(chmod(format_text("/proc/self/fd/{}", place.get()).c_str(), 0700));
  }

  void empty_current() {
    for (DirectoryEntry& entry : list_directory(current_.get(), ".")) {
      if (entry.type == DT_DIR)
        levels_.back().directories.push_back(std::move(entry.name));
      else if (!remove_name(entry.name, 0))
        levels_.back().directories.push_back(std::move(entry.name));
    }
  }

  /// False: it is a directory (flags 0) or not empty (AT_REMOVEDIR).
  bool remove_name(const std::string& name, int flags) {
    if (unlinkat(current_.get(), name.c_str(), flags) == 0) return true;
    const int error = errno;
    if (error == ENOENT) return true;
    if (flags == 0 && error == EISDIR) return false;
    if (flags == AT_REMOVEDIR && (error == ENOTEMPTY || error == EEXIST)) return false;
    fail(error, name);
  }

  void leave() {
    const Level level = std::move(levels_.back());
    levels_.pop_back();
    if (levels_.empty()) {
      leave_top(level);
      return;
    }
    Fd inside = std::move(current_);
    current_ = open_directory(inside.get(), "..");
    struct stat facts {};
    if (fstat(current_.get(), &facts) != 0) fail(errno, "");
    if (facts.st_dev != levels_.back().device || facts.st_ino != levels_.back().inode)
      throw Error(ErrorKind::io,
                  format_text("cannot remove '{}': it was moved at the same time", path_of(inside.get())));
    if (!remove_name(level.name, AT_REMOVEDIR)) again(level);
  }

  void leave_top(const Level& level) {
    current_ = Fd();
    if (unlinkat(parent_, path_.c_str(), AT_REMOVEDIR) == 0) return;
    const int error = errno;
    if (error == ENOENT) return;
    if (error != ENOTEMPTY && error != EEXIST) fail(error, path_);
    const int rounds = level.rounds_left - 1;
    if (rounds <= 0) fail(ENOTEMPTY, path_);
    enter(parent_, path_);
    if (!levels_.empty()) levels_.back().rounds_left = rounds;
  }

  /// Something was added after the listing.
  void again(const Level& level) {
    if (--levels_.back().rounds_left <= 0) fail(ENOTEMPTY, level.name);
    levels_.back().directories.push_back(level.name);
  }

  int parent_;
  const std::string path_;
  Fd current_;
  std::vector<Level> levels_;
};

}  // namespace

void remove_tree(int directory, const std::string& path) {
  if (unlinkat(directory, path.c_str(), 0) == 0) return;
  const int error = errno;
  if (error == ENOENT || error == ENOTDIR) return;
  if (error != EISDIR) throw_errno(error, "remove", named(directory, path));
  TreeRemover(directory, path).run();
}

}  // namespace envstore
