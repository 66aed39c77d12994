#pragma once
#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

// Every role that a process can have for envstore, who starts it, and how others recognise it. Here and not
// in cli/program, because python/launch and gc/schedule start and recognise them, too.
//
// role              started by                                    recognised by
// envstore          the user: the warm program, which supervises  its child has the lease in its environment
//                   the run that it has started
// envstore-full     envstore, which becomes it                    the executable; same arguments, same
// process prepared run      envstore-full, which becomes envstore again   the variable ENVSTORE_PREPARED,
// removed at once program of a run  the supervisor, or envstore with --exec       the variable
// ENVSTORE_LEASE, which its children
//                                                                 inherit, and the descriptor of the lease
// group witness     the supervisor; shares its memory             its pid, known to the supervisor alone
// keeper            a fork of the supervisor that outlives it     the name `envstore-keeper`, for people; the
// lease
//                                                                 that it holds
// finish-run        the supervisor, detached                      argv: `envstore finish-run ...`
// interrupted       envstore-full, which becomes it               argv: `envstore interrupted ...`
// scheduled-job     systemd or cron                               argv: `PROGRAM scheduled-job ...`; the
// job's lock job               scheduled-job: `envstore gc`, ...             an ordinary command
// build supervisor  a fork of a process that builds a package     the name `envstore-build`, for the command
//                                                                 `interrupted`, whose child it is
//
// Probed interpreters, compilers of bytecode and keyring are children that their starter waits for; nobody
// else has to recognise them.

namespace envstore::role {

inline constexpr const char* kFinishRun = "finish-run";
inline constexpr const char* kInterrupted = "interrupted";
inline constexpr const char* kScheduledJob = "scheduled-job";

/// This program's file, also if it was replaced or removed since it was started.
inline constexpr const char* kOwnProgram = "/proc/self/exe";
/// argv of a hidden command: `envstore COMMAND REST`.
std::vector<std::string> arguments(std::string_view command, const std::vector<std::string>& rest);
/// Whether the process was started with these arguments. Its executable does not tell it: the process starts
/// as the small program and becomes the full one.
bool is_process_with(pid_t pid, std::string_view command);

inline constexpr const char* kKeeperName = "envstore-keeper";  ///< at most 15 characters: prctl(PR_SET_NAME)
inline constexpr const char* kContainedName = "envstore-build";  ///< likewise; of the supervisors below
inline constexpr const char* kPreparedVariable = "ENVSTORE_PREPARED";
inline constexpr const char* kLeaseVariable = "ENVSTORE_LEASE";
/// `NAME=value` in the environment of every process of the lease's run.
std::string lease_variable(std::string_view lease);

}  // namespace envstore::role
