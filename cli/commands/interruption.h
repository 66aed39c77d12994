#pragma once
#include <atomic>
#include <csignal>
#include <string>
#include <thread>

#include "cli/output/progress.h"

namespace envstore {

/// While it exists, SIGINT, SIGTERM and SIGHUP (unless ignored) end the preparation of a run at once and
/// cleanly: the process execs the hidden command `interrupted`. The exec ends all threads and releases the
/// locks of this process's leases; the command removes unfinished files and exits with 128+n. Construct it
/// before other threads are started: they must inherit its signal mask.
class Interruption {
 public:
  Interruption(std::string store, StatusLine& progress);
  ~Interruption();  ///< restores the signal mask; a signal that arrives now is still delivered
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

 private:
  void watch();
  [[noreturn]] void end(int signal);

  const std::string store_;
  StatusLine& progress_;
  sigset_t watched_, original_;
  std::atomic<bool> is_over_ = false;
  std::thread watcher_;
};

}  // namespace envstore
