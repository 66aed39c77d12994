#pragma once
#include <chrono>
#include <optional>

#include "store/platform/files.h"

namespace envstore {

enum class LockMode { shared, exclusive };

/// Locks the byte [offset, offset+1) for an open file description (F_OFD_SETLK). The lock is released when
/// the last descriptor of the description is closed, is inherited across fork and exec, works across PID
/// namespaces, and also excludes other descriptions of the same process.
bool try_lock(int fd, off_t offset, LockMode mode);  ///< false: another description holds it
void wait_lock(int fd, off_t offset, LockMode mode);
void unlock(int fd, off_t offset);
/// True if an exclusive lock could be taken, that is, the lock is free. Takes no lock.
bool is_lock_free(int fd, off_t offset);
/// True if `name` in `directory` still refers to the open file. False: the file was unlinked, so a lock on it
/// excludes no process.
bool has_name(int fd, int directory, const std::string& name);

/// A named lock file in the store's `locks`: created on demand, held until destruction. The holder of the
/// exclusive lock may remove the file, so a file that was unlinked before it was locked is opened again.
class FileLock {
 public:
  static FileLock wait(int directory, const std::string& name, LockMode mode);
  static std::optional<FileLock> attempt(int directory, const std::string& name, LockMode mode);
  /// nullopt: the timeout has passed. The process then goes on waiting in the background, and drops the lock
  /// as soon as it has it: for callers that end, or that never want the lock again.
  static std::optional<FileLock> wait_for(int directory, const std::string& name, LockMode mode,
                                          std::chrono::milliseconds timeout);

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace envstore
