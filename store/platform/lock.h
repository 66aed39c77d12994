#pragma once
#include <chrono>
#include <optional>

#include "store/platform/files.h"

namespace envstore {

enum class LockMode { shared, exclusive };

/// Locks the byte [offset, offset+1) of an open file description (F_OFD_SETLK): dies with the last descriptor
/// of the description, is inherited over fork and exec, works across PID namespaces, and excludes within one
/// process too.
bool try_lock(int fd, off_t offset, LockMode mode);  ///< false: somebody else holds it
void wait_lock(int fd, off_t offset, LockMode mode);
void unlock(int fd, off_t offset);
/// True if an exclusive lock could be had: nobody holds it. Takes nothing.
bool is_lock_free(int fd, off_t offset);
/// Whether `name` in `directory` leads to the open file. False: it was unlinked, and whoever locks it now is
/// alone with it.
bool has_name(int fd, int directory, const std::string& name);

/// A named lock file in the store's `locks`: created on demand, held until destruction. A file that lost its
/// name before it was locked is opened anew: whoever holds the exclusive lock may remove it.
class FileLock {
 public:
  static FileLock wait(int directory, const std::string& name, LockMode mode);
  static std::optional<FileLock> attempt(int directory, const std::string& name, LockMode mode);
  /// nullopt: not in time.
  static std::optional<FileLock> wait_for(int directory, const std::string& name, LockMode mode,
                                          std::chrono::milliseconds timeout);

 private:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace envstore
