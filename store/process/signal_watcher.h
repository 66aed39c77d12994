#pragma once
#include <atomic>
#include <csignal>
#include <functional>
#include <thread>
#include <vector>

namespace envstore {

/// While it exists, a thread of its own waits for these signals, except those that are ignored, as under
/// nohup, and calls `act` for each. All other threads block them: construct it before other threads are
/// started, which must inherit its signal mask. If the thread cannot be started, the signals have their
/// usual effect.
class SignalWatcher {
 public:
  SignalWatcher(const std::vector<int>& signals, std::function<void(int signal)> act);
  ~SignalWatcher();  ///< restores the signal mask; a signal that arrives now is still delivered
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  void watch();

  const std::function<void(int)> act_;
  sigset_t watched_, original_;
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

}  // namespace envstore
