#include "calls.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <algorithm>
#include <cerrno>
#include <iterator>

namespace crash {
namespace {

enum Class : unsigned { kChanges = 1, kSpace = 2, kDisk = 4, kFiles = 8, kWaits = 16 };

struct Known {
  std::uint64_t number;
  const char* name;
  unsigned classes;
};

#define CALL(name, classes) \
  { SYS_##name, #name, classes }

// The calls that aarch64 lacks are older forms of others in this table.
constexpr Known kCalls[] = {
    CALL(write, kChanges | kSpace | kDisk),
    CALL(pwrite64, kChanges | kSpace | kDisk),
    CALL(writev, kChanges | kSpace | kDisk),
    CALL(pwritev, kChanges | kSpace | kDisk),
    CALL(copy_file_range, kChanges | kSpace | kDisk),
    CALL(fallocate, kChanges | kSpace | kDisk),
    CALL(ftruncate, kChanges | kSpace | kDisk),
    CALL(openat, kChanges | kDisk | kFiles),
    CALL(mkdirat, kChanges | kSpace | kDisk),
    CALL(linkat, kChanges | kSpace | kDisk),
    CALL(symlinkat, kChanges | kSpace | kDisk),
    CALL(renameat2, kChanges | kSpace | kDisk),
    CALL(unlinkat, kChanges | kDisk),
    CALL(fchmod, kChanges | kDisk),
    CALL(fchmodat, kChanges | kDisk),
    CALL(utimensat, kChanges | kDisk),
    CALL(fsync, kChanges | kSpace | kDisk),
    CALL(fdatasync, kChanges | kSpace | kDisk),
    CALL(syncfs, kChanges | kSpace | kDisk),
    CALL(msync, kChanges | kDisk),
    CALL(fcntl, kChanges),
    CALL(execve, kChanges),
    CALL(clone, kChanges),
    CALL(clone3, kChanges),
    CALL(exit_group, kChanges),
    CALL(read, kDisk),
    CALL(pread64, kDisk),
    CALL(getdents64, kDisk),
    CALL(newfstatat, kDisk),
    CALL(statx, kDisk),
    CALL(readlinkat, kDisk),
    CALL(pipe2, kFiles),
    CALL(dup, kFiles),
    CALL(pidfd_open, kFiles),
    CALL(socket, kFiles),
    CALL(epoll_create1, kFiles),
    CALL(wait4, kWaits),
    CALL(waitid, kWaits),
    CALL(ppoll, kWaits),
    CALL(pselect6, kWaits),
    CALL(epoll_pwait, kWaits),
#ifdef SYS_open
    CALL(open, kChanges | kDisk | kFiles),
    CALL(mkdir, kChanges | kSpace | kDisk),
    CALL(rmdir, kChanges | kDisk),
    CALL(link, kChanges | kSpace | kDisk),
    CALL(symlink, kChanges | kSpace | kDisk),
    CALL(rename, kChanges | kSpace | kDisk),
    CALL(unlink, kChanges | kDisk),
    CALL(chmod, kChanges | kDisk),
    CALL(readlink, kDisk),
    CALL(vfork, kChanges),
    CALL(poll, kWaits),
    CALL(select, kWaits),
    CALL(epoll_wait, kWaits),
#endif
#ifdef SYS_renameat
    CALL(renameat, kChanges | kSpace | kDisk),
#endif
#ifdef SYS_fchmodat2
    CALL(fchmodat2, kChanges | kDisk),
#endif
};
#undef CALL

constexpr std::uint64_t kPriorities[] = {SYS_sched_setscheduler, SYS_setpriority, SYS_ioprio_set};

const Known* known(std::uint64_t number) {
  for (const Known& call : kCalls)
    if (call.number == number) return &call;
  return nullptr;
}

bool is_open(std::uint64_t number) {
#ifdef SYS_open
  if (number == SYS_open) return true;
#endif
  return number == SYS_openat;
}

std::uint64_t open_flags(const Call& call) {
  return call.arguments[call.number == SYS_openat ? 2 : 1];
}

bool is_waiting_lock(const Call& call) {
  return call.number == SYS_fcntl && (call.arguments[1] == F_OFD_SETLKW || call.arguments[1] == F_SETLKW);
}

bool is_lock(const Call& call) {
  return is_waiting_lock(call) || call.arguments[1] == F_OFD_SETLK || call.arguments[1] == F_SETLK;
}

bool is_duplication(const Call& call) {
  return call.number == SYS_fcntl && (call.arguments[1] == F_DUPFD || call.arguments[1] == F_DUPFD_CLOEXEC);
}

bool is_change(const Call& call, unsigned classes) {
  if (is_open(call.number)) return (open_flags(call) & (O_CREAT | O_TRUNC)) != 0;
  if (call.number == SYS_fcntl) return is_lock(call);
  return (classes & kChanges) != 0;
}

/// Whether `is_selected` may be true of the call for some arguments.
bool may_be_selected(Select select, const Known& call) {
  switch (select) {
    case Select::all:
      return true;
    case Select::changes:
      return (call.classes & kChanges) != 0;
    case Select::enospc:
      return (call.classes & kSpace) != 0 || is_open(call.number);
    case Select::eio:
      return (call.classes & kDisk) != 0;
    case Select::emfile:
      return (call.classes & kFiles) != 0 || call.number == SYS_fcntl;
    case Select::eintr:
      return (call.classes & kWaits) != 0 || call.number == SYS_fcntl;
  }
  return true;
}

}  // namespace

bool is_selected(Select select, const Call& call) {
  const Known* entry = known(call.number);
  const unsigned classes = entry == nullptr ? 0 : entry->classes;
  switch (select) {
    case Select::all:
      return true;
    case Select::changes:
      return is_change(call, classes);
    case Select::enospc:
      return (classes & kSpace) != 0 || (is_open(call.number) && (open_flags(call) & O_CREAT) != 0);
    case Select::eio:
      return (classes & kDisk) != 0;
    case Select::emfile:
      return (classes & kFiles) != 0 || is_duplication(call);
    case Select::eintr:
      return (classes & kWaits) != 0 || is_waiting_lock(call);
  }
  return false;
}

bool lowers_priority(const Call& call) {
  return std::find(std::begin(kPriorities), std::end(kPriorities), call.number) != std::end(kPriorities);
}

std::vector<std::uint32_t> numbers_looked_at(Select select) {
  std::vector<std::uint32_t> numbers(std::begin(kPriorities), std::end(kPriorities));
  for (const Known& call : kCalls)
    if (may_be_selected(select, call)) numbers.push_back(static_cast<std::uint32_t>(call.number));
  return numbers;
}

std::string name_of(const Call& call) {
  const Known* entry = known(call.number);
  return entry == nullptr ? "call " + std::to_string(call.number) : entry->name;
}

int error_of(Select select) {
  switch (select) {
    case Select::enospc:
      return ENOSPC;
    case Select::eio:
      return EIO;
    case Select::emfile:
      return EMFILE;
    case Select::eintr:
      return EINTR;
    case Select::all:
    case Select::changes:
      return 0;
  }
  return 0;
}

}  // namespace crash
