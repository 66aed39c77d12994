#include "store/platform/lock.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <future>
#include <system_error>
#include <thread>

#include "store/platform/error.h"
#include "store/platform/folders.h"

namespace envstore {
namespace {

struct flock byte_at(off_t offset, short type) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = offset;
  range.l_len = 1;
  return range;  // l_pid must be 0 for OFD locks
}

short type_of(LockMode mode) {
  return mode == LockMode::shared ? F_RDLCK : F_WRLCK;
}

int lock_call(int fd, int command, struct flock& range) {
  int result = 0;
  do {
    result = fcntl(fd, command, &range);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

Fd open_lock_file(int directory, const std::string& name) {
  return with_folder(directory, name, [&] { return open_file(directory, name, O_RDWR | O_CREAT, 0600); });
}

void start_detached(std::packaged_task<FileLock()> task) {
  try {
    std::thread(std::move(task)).detach();
  } catch (const std::system_error& failure) {
    throw_errno(failure.code().value(), "start", "a thread");
  }
}

}  // namespace

bool try_lock(int fd, off_t offset, LockMode mode) {
  struct flock range = byte_at(offset, type_of(mode));
  const int error = lock_call(fd, F_OFD_SETLK, range);
  if (error == EAGAIN || error == EACCES) return false;
  if (error != 0) throw_errno(error, "lock", path_of(fd));
  return true;
}

void wait_lock(int fd, off_t offset, LockMode mode) {
  struct flock range = byte_at(offset, type_of(mode));
  const int error = lock_call(fd, F_OFD_SETLKW, range);
  if (error != 0) throw_errno(error, "lock", path_of(fd));
}

void unlock(int fd, off_t offset) {
  struct flock range = byte_at(offset, F_UNLCK);
  const int error = lock_call(fd, F_OFD_SETLK, range);
  if (error != 0) throw_errno(error, "unlock", path_of(fd));
}

bool is_lock_free(int fd, off_t offset) {
  struct flock range = byte_at(offset, F_WRLCK);
  const int error = lock_call(fd, F_OFD_GETLK, range);
  if (error != 0) throw_errno(error, "probe the lock of", path_of(fd));
  return range.l_type == F_UNLCK;
}

bool has_name(int fd, int directory, const std::string& name) {
  struct stat facts {};
  if (fstat(fd, &facts) != 0) captured_errno().fail("look at", path_of(fd));
  if (facts.st_nlink > 0) return true;
  // FUSE filesystems may report no link count, and so may overlayfs if a layer was changed below it.
  struct stat named {};
  return fstatat(directory, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 && named.st_dev == facts.st_dev &&
         named.st_ino == facts.st_ino;
}

FileLock FileLock::wait(int directory, const std::string& name, LockMode mode) {
  while (true) {
    Fd fd = open_lock_file(directory, name);
    wait_lock(fd.get(), 0, mode);
    if (has_name(fd.get(), directory, name)) return FileLock(std::move(fd));
  }
}

std::optional<FileLock> FileLock::attempt(int directory, const std::string& name, LockMode mode) {
  while (true) {
    Fd fd = open_lock_file(directory, name);
    if (!try_lock(fd.get(), 0, mode)) return std::nullopt;
    if (has_name(fd.get(), directory, name)) return FileLock(std::move(fd));
  }
}

std::optional<FileLock> FileLock::wait_for(int directory, const std::string& name, LockMode mode,
                                           std::chrono::milliseconds timeout) {
  if (auto lock = attempt(directory, name, mode)) return lock;
  if (timeout.count() <= 0) return std::nullopt;
  Fd own(fcntl(directory, F_DUPFD_CLOEXEC, 0));
  if (!own) captured_errno().fail("open", name);
  // fcntl has no wait with a timeout. The thread owns all that it uses, because it outlives a timeout.
  std::packaged_task<FileLock()> task(
      [name, mode, own = std::move(own)] { return wait(own.get(), name, mode); });
  std::future<FileLock> taken = task.get_future();
  start_detached(std::move(task));
  if (taken.wait_for(timeout) != std::future_status::ready) return std::nullopt;
  return taken.get();
}

}  // namespace envstore
