#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>

#include "store/platform/error.h"
#include "store/platform/lock.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid  // as timer_create(2) names it; glibc does not
#endif

namespace envstore {
namespace {

using Clock = std::chrono::steady_clock;

/// Interrupts the blocking call of this thread once the deadline has passed. A timer is used, not a helper
/// thread that waits for the lock: that thread could only be stopped by a signal, too. The timer repeats
/// every few milliseconds, because the first signal may arrive just before the call blocks.
class Interruptions {
 public:
  explicit Interruptions(Clock::duration after) {
    struct sigaction nothing {};
    nothing.sa_handler = [](int) {};  // no SA_RESTART
    sigaction(SIGRTMIN, &nothing, &before_);
    sigset_t ours{};
    sigemptyset(&ours);
    sigaddset(&ours, SIGRTMIN);
    pthread_sigmask(SIG_UNBLOCK, &ours, &mask_before_);
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGRTMIN;
    event.sigev_notify_thread_id = gettid();
    if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) fail(errno);
    constexpr long kAgain = 5'000'000;
    itimerspec times{};
    const auto first = std::max<Clock::duration>(after, std::chrono::nanoseconds(1));
    const auto seconds = std::chrono::floor<std::chrono::seconds>(first);
    times.it_value = {.tv_sec = seconds.count(),
                      .tv_nsec = std::chrono::nanoseconds(first - seconds).count()};
    times.it_interval.tv_nsec = kAgain;
    if (timer_settime(timer_, 0, &times, nullptr) != 0) {
      const int error = errno;
      timer_delete(timer_);
      fail(error);
    }
  }
  /// Signals that were sent to this thread are delivered before timer_delete returns, so while the handler is
  /// still installed.
  ~Interruptions() {
    timer_delete(timer_);
    restore();
  }
  Interruptions(const Interruptions&) = delete;
  Interruptions& operator=(const Interruptions&) = delete;

 private:
  void restore() const {
    pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
    sigaction(SIGRTMIN, &before_, nullptr);
  }
  [[noreturn]] void fail(int error) const {
    restore();
    throw_errno(error, "set", "a timer");
  }

  timer_t timer_{};
  struct sigaction before_ {};
  sigset_t mask_before_{};
};

bool wait_lock_until(int fd, LockMode mode, Clock::time_point deadline) {
  struct flock range {};
  range.l_type = mode == LockMode::shared ? F_RDLCK : F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_len = 1;
  while (fcntl(fd, F_OFD_SETLKW, &range) != 0) {
    const int error = errno;
    if (error != EINTR) throw_errno(error, "lock", path_of(fd));
    if (Clock::now() >= deadline) return false;
  }
  return true;
}

}  // namespace

std::optional<FileLock> FileLock::wait_for(int directory, const std::string& name, LockMode mode,
                                           std::chrono::milliseconds timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  if (auto lock = attempt(directory, name, mode)) return lock;
  if (timeout.count() <= 0) return std::nullopt;
  const Interruptions interruptions(deadline - Clock::now());
  while (Clock::now() < deadline) {
    Fd fd = open_file(directory, name, O_RDWR | O_CREAT, 0600);
    if (wait_lock_until(fd.get(), mode, deadline) && has_name(fd.get(), directory, name))
      return FileLock(std::move(fd));
  }
  return std::nullopt;
}

}  // namespace envstore
