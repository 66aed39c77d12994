#include "cli/commands/interruption.h"

#include <unistd.h>

#include "store/process/process_roles.h"
#include "store/process/spawn.h"

namespace envstore {

// Without the watcher's thread a signal ends the process at once, and the next run cleans up.
Interruption::Interruption(std::string store, StatusLine& progress)
    : store_(std::move(store)),
      progress_(progress),
      watcher_({SIGINT, SIGTERM, SIGHUP}, [this](int signal) { end(signal); }) {}

void Interruption::end(int signal) {
  progress_.clear();
  const std::string number = std::to_string(signal);
  exec_program(role::kOwnProgram, role::arguments(role::kInterrupted, {"--store", store_, number}));
  _exit(128 + signal);
}

}  // namespace envstore
