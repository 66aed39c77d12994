#pragma once
#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

// Every role that a process can have for envstore, who starts it, and how others recognise it. Here and not
// in cli/program, because python/launch and gc/schedule start and recognise them, too.
//
// - envstore: started by the user; the warm program, which supervises the run that it has started. Recognised
//   by its child, which has the lease in its environment.
// - envstore-full: envstore becomes it. Recognised by its executable; same arguments, same process.
// - prepared run: envstore-full becomes envstore again. Recognised by the variable ENVSTORE_PREPARED, removed
//   at once.
// - program of a run: started by the supervisor, or by envstore with --exec. Recognised by the variable
//   ENVSTORE_LEASE, which its children inherit, and by the descriptor of the lease.
// - group witness: started by the supervisor, whose memory it shares. Its pid is known to the supervisor
//   alone.
// - keeper: a fork of the supervisor that outlives it. Recognised by the lease that it holds; its name is
//   `envstore-keeper`, for people.
// - finish-run: started by the supervisor, detached. Recognised by argv: `envstore finish-run ...`.
// - interrupted: envstore-full becomes it. Recognised by argv: `envstore interrupted ...`.
// - scheduled-job: started by systemd or cron. Recognised by argv, `PROGRAM scheduled-job ...`, and by the
//   job's lock.
// - job: started by scheduled-job: `envstore gc` and the like, ordinary commands.
// - build supervisor: a fork of a process that builds a package. Its name is `envstore-build`, for the
//   command `interrupted`, whose child it is.
//
// Probed interpreters, compilers of bytecode and keyring are children that their starter waits for: no
// other process has to recognise them.

namespace envstore::role {

inline constexpr const char* kFinishRun = "finish-run";
inline constexpr const char* kInterrupted = "interrupted";
inline constexpr const char* kScheduledJob = "scheduled-job";

/// This program's file, also if it was replaced or removed since it was started.
inline constexpr const char* kOwnProgram = "/proc/self/exe";
/// argv of a hidden command: `envstore COMMAND REST`.
std::vector<std::string> arguments(std::string_view command, const std::vector<std::string>& rest);
/// Whether the process was started with these arguments. Its executable proves nothing: the process starts
/// as the small program and becomes the full one.
bool is_process_with(pid_t pid, std::string_view command);

inline constexpr const char* kKeeperName = "envstore-keeper";  ///< at most 15 characters: prctl(PR_SET_NAME)
inline constexpr const char* kContainedName = "envstore-build";  ///< likewise; of the supervisors below
inline constexpr const char* kPreparedVariable = "ENVSTORE_PREPARED";
inline constexpr const char* kLeaseVariable = "ENVSTORE_LEASE";
/// `NAME=value` in the environment of every process of the lease's run.
std::string lease_variable(std::string_view lease);

}  // namespace envstore::role
