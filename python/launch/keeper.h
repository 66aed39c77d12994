#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

#include "store/leases/lease.h"
#include "store/leases/scratch.h"

namespace envstore {

/// From now on orphans among the descendants become children of this process (prctl PR_SET_CHILD_SUBREAPER).
void adopt_orphans();

/// Children of this process that belong to the run of `lease`: all but the program's own helpers. Ends are
/// reaped first.
std::vector<pid_t> remaining_processes(const std::string& lease);

/// Every process that carries `lease` in its first environment (ENVSTORE_LEASE) and is not this one.
std::vector<pid_t> processes_of(const std::string& lease);

/// Holds the lease while this process is another program (--exec), which may close the lease's descriptor: a
/// detached process of its own session, which keeps nothing open but the lease and goes when the program and
/// what it has left running have ended. Without pidfds there is none, and the descriptor alone counts.
class ExecKeeper {
 public:
  ExecKeeper(Store& store, const Lease& lease);
  ~ExecKeeper();  ///< the program was not started: the keeper goes
  ExecKeeper(const ExecKeeper&) = delete;
  ExecKeeper& operator=(const ExecKeeper&) = delete;

 private:
  pid_t pid_ = -1;
};

/// Leaves lease and scratch to a detached process of its own session, which keeps nothing open but the lease,
/// waits until `processes` and what they have started have ended, then removes both. When no keeper can be
/// started they are left to the next run or gc, which the lock tells when they may.
void keep_until_end(Store& store, Lease& lease, Scratch& scratch, const std::vector<pid_t>& processes);

}  // namespace envstore
