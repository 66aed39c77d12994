#include "store/process/group_witness.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <ctime>
#include <string>

#include "store/platform/files.h"
#include "store/process/signals.h"

namespace envstore {
namespace {

// Not SIGCHLD, so that waiting for this process's children does not report the witness.
constexpr int kEndSignal = 0;

/// Runs in memory shared with the parent: makes only system calls, and none that could set errno.
int wait_for_the_end(void* parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != *static_cast<const pid_t*>(parent)) return 0;
  while (true) pause();
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kFlags = kEndSignal;  // the sanitizers cannot share their state between processes
#else
constexpr int kFlags = CLONE_VM | CLONE_FS | CLONE_FILES | kEndSignal;
#endif

}  // namespace

GroupWitness::~GroupWitness() {
  dismiss();
  reap();
}

void GroupWitness::start() {
  // Only one witness exists at a time, so one stack is enough.
  alignas(16) static std::array<char, 16 * 1024> stack;
  static pid_t parent;
  parent = getpid();
  const AllSignalsBlocked blocked;
  pid_ = clone(wait_for_the_end, stack.data() + stack.size(), kFlags, &parent);
}

void GroupWitness::dismiss() {
  if (pid_ > 0) kill(pid_, SIGKILL);
}

void GroupWitness::reap() {
  if (pid_ <= 0) return;
  while (waitpid(pid_, nullptr, __WALL) < 0 && errno == EINTR) continue;
  pid_ = -1;
}

/// `ShdPnd` of proc(5): the signals pending for the process as a whole.
bool GroupWitness::is_pending(int signal) const {
  constexpr std::string_view kField = "\nShdPnd:\t";
  std::array<char, 4096> text;
  const Fd fd(open(("/proc/" + std::to_string(pid_) + "/status").c_str(), O_RDONLY | O_CLOEXEC));
  const ssize_t size = fd ? read(fd.get(), text.data(), text.size()) : -1;
  if (size <= 0) return false;
  const std::string_view status(text.data(), static_cast<std::size_t>(size));
  const std::size_t at = status.find(kField);
  if (at == std::string_view::npos) return false;
  unsigned long long pending = 0;
  const char* begin = status.data() + at + kField.size();
  if (std::from_chars(begin, status.data() + status.size(), pending, 16).ec != std::errc()) return false;
  return (pending >> (signal - 1) & 1) != 0;
}

/// Polls, because a process cannot wait for a signal to become pending in another process. Rejected: a
/// witness that receives its signals and reports them; it would make calls that can fail, and it shares this
/// process's errno.
bool GroupWitness::has_received(int signal) {
  constexpr int kTrials = 26;
  constexpr timespec kPause{0, 2'000'000};
  if (pid_ <= 0) return false;
  for (int trial = 0; trial < kTrials; ++trial) {
    if (trial > 0) nanosleep(&kPause, nullptr);
    if (!is_pending(signal)) continue;
    // The signal stays pending: only a new witness can detect the next one.
    dismiss();
    reap();
    start();
    return true;
  }
  return false;
}

}  // namespace envstore
