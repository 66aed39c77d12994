#pragma once
#include <csignal>

namespace envstore {

inline sigset_t no_signals() {
  sigset_t set;
  sigemptyset(&set);
  return set;
}

inline sigset_t all_signals() {
  sigset_t set;
  sigfillset(&set);
  return set;
}

/// Blocks all signals of the calling thread; the destructor restores its mask. A thread or process that is
/// started meanwhile inherits the full mask: no signal reaches it from its first instruction on.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    const sigset_t all = all_signals();
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace envstore
