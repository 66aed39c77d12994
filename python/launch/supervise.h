#pragma once
#include <sys/types.h>

#include <csignal>

#include "store/process/group_witness.h"

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

/// Waits until `child` ends. Forwards signals that were sent to this process alone (those sent to the whole
/// group have reached the child); stops and continues together with the child. Reaps orphaned descendants
/// that become children of this process. Returns the exit code, or 128+n. Uses no CPU while waiting.
int supervise(pid_t child, const SignalScope& signals, GroupWitness& witness);

}  // namespace envstore
