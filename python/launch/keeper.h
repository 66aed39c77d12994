#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

#include "store/leases/lease.h"
#include "store/leases/scratch.h"

namespace envstore {

/// From now on orphaned descendants become children of this process (prctl PR_SET_CHILD_SUBREAPER).
void adopt_orphans();

/// Children of this process that belong to the run of `lease`: all except envstore's own helpers. Reaps
/// children that have ended first.
std::vector<pid_t> remaining_processes(const std::string& lease);

/// Every process except this one whose initial environment (/proc/PID/environ) has ENVSTORE_LEASE set to
/// `lease`.
std::vector<pid_t> processes_of(const std::string& lease);

/// Holds the lease after this process has become another program (--exec), which may close the lease's
/// descriptor. The keeper is a detached process in its own session. It keeps nothing open except the lease,
/// and exits when the program and the processes that it left running have ended. Without pidfds there is no
/// keeper, and only the inherited descriptor holds the lease.
class ExecKeeper {
 public:
  ExecKeeper(StoreWriter& store, const Lease& lease);
  ~ExecKeeper();  ///< runs only if the program was not started: kills the keeper
  ExecKeeper(const ExecKeeper&) = delete;
  ExecKeeper& operator=(const ExecKeeper&) = delete;

 private:
  pid_t pid_ = -1;
};

/// Hands lease and scratch over to a detached process in its own session, which keeps nothing open except the
/// lease, waits until `processes` and the processes started by them have ended, then removes both. If no
/// keeper can be started, the next run or gc removes them once the lease's lock is free.
void keep_until_end(StoreWriter& store, Lease& lease, Scratch& scratch, const std::vector<pid_t>& processes);

}  // namespace envstore
