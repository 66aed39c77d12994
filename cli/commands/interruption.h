#pragma once
#include <atomic>
#include <csignal>
#include <string>
#include <thread>

#include "cli/output/progress.h"

namespace envstore {

/// While it lives, SIGINT, SIGTERM and SIGHUP (those that are not ignored) end the preparation of a run at
/// once and cleanly: the process becomes the hidden command `interrupted`, which ends all of its threads and
/// drops its leases' locks, removes what was half made, and exits with 128+n. Made before other threads are.
class Interruption {
 public:
  Interruption(std::string store, StatusLine& progress);
  ~Interruption();  ///< signals mean again what they meant; one that comes now is not lost
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
