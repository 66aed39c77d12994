#pragma once
#include <string>

#include "cli/output/progress.h"
#include "store/process/signal_watcher.h"

namespace envstore {

/// While it exists, SIGINT, SIGTERM and SIGHUP (unless ignored) end the preparation of a run at once and
/// cleanly: the process execs the hidden command `interrupted`. The exec ends all threads and releases the
/// locks of this process's leases; the command removes unfinished files and exits with 128+n. Construct it
/// before other threads are started (SignalWatcher).
class Interruption {
 public:
  Interruption(std::string store, StatusLine& progress);

 private:
  [[noreturn]] void end(int signal);

  const std::string store_;
  StatusLine& progress_;
  SignalWatcher watcher_;  ///< the last member: its thread uses the others
};

}  // namespace envstore
