#pragma once
#include <sys/types.h>

#include <csignal>

#include <functional>
#include <string>
#include <vector>

#include "python/launch/exec_spec.h"
#include "python/launch/group_witness.h"

namespace envstore {

/// Signals of one run. From construction on everything that can be forwarded, and SIGCHLD, is blocked and
/// waited for, so that none is lost between the child's start and the wait. The destructor restores mask and
/// dispositions.
class SignalScope {
 public:
  SignalScope();
  ~SignalScope();
  SignalScope(const SignalScope&) = delete;
  SignalScope& operator=(const SignalScope&) = delete;
  const sigset_t& original_mask() const { return original_mask_; }
  const sigset_t& waited() const { return waited_; }

 private:
  sigset_t original_mask_{}, waited_{};
  struct sigaction original_child_ {};
};

struct Started {
  pid_t pid = -1;
  int error_number = 0;  ///< of posix_spawn; 0: it runs
};

/// posix_spawn with the mask that this process was started with. A file that no kernel can start is given to
/// /bin/sh.
Started start(const ExecSpec& line, const std::vector<std::string>& environment, const sigset_t& mask);

/// Waits until `child` ends: forwards signals that were sent to this process alone (those that were sent to
/// the whole group have reached the child), stops and goes on with it. Reaps whatever descendants are handed
/// to this process meanwhile. Returns the exit code, or 128+n. No CPU is used.
int supervise(pid_t child, const SignalScope& signals, GroupWitness& witness);

std::vector<char*> as_argv(const std::vector<std::string>& words);  ///< views with a null pointer at the end

}  // namespace envstore
