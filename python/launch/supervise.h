#pragma once
#include <sys/types.h>

#include <csignal>

#include <functional>
#include <string>
#include <vector>

#include "python/launch/exec_spec.h"
#include "python/launch/group_witness.h"

namespace envstore {

/// Signals of one run. From construction on, SIGCHLD and all signals that can be forwarded are blocked and
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
  int error_number = 0;  ///< from posix_spawn; 0: the child runs
};

/// posix_spawn with `mask`, the one that this process was started with. A file that the kernel cannot execute
/// (ENOEXEC) is run by /bin/sh.
Started start(const ExecSpec& line, const std::vector<std::string>& environment, const sigset_t& mask);

/// Waits until `child` ends. Forwards signals that were sent to this process alone (those sent to the whole
/// group have reached the child); stops and continues together with the child. Reaps orphaned descendants
/// that become children of this process. Returns the exit code, or 128+n. Uses no CPU while waiting.
int supervise(pid_t child, const SignalScope& signals, GroupWitness& witness);

std::vector<char*> as_argv(const std::vector<std::string>& words);  ///< pointers into `words`, then nullptr

}  // namespace envstore
