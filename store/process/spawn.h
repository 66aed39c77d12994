#pragma once
#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/platform/files.h"

// The one place where programs are started (posix_spawn(3), execve(2)). Three processes of envstore are no
// programs and are made elsewhere: the keeper (python/launch/keeper.h), a fork that goes on with this
// process's descriptors, the group witness (store/process/group_witness.h), which shares its memory, and the
// supervisor of a contained program (contained.h), a fork.

namespace envstore {

/// Where a standard stream of a child leads.
struct ChildStream {
  enum class Kind { inherited, null_device, descriptor };
  Kind kind = Kind::inherited;
  int fd = -1;  ///< descriptor: an open one, which stays the caller's
};
inline constexpr ChildStream kNullDevice{ChildStream::Kind::null_device, -1};
inline ChildStream to_descriptor(int fd) {
  return {ChildStream::Kind::descriptor, fd};
}

enum class ProcessGroup { inherited, own_group, own_session };
enum class Dispositions { inherited, defaults };
/// Whether argv[0] without a slash is searched on PATH.
enum class ProgramSearch { none, path_variable };
/// Whether /bin/sh runs a file that the kernel cannot execute (ENOEXEC: a script without `#!`).
enum class ShellFallback { no, yes };
/// What the destructor of a ChildProcess does with a child that has not ended.
enum class Abandoned { wait, kill, kill_group };

/// A program to start. The child inherits the standard streams as described here, and of the other
/// descriptors those that are not close-on-exec: only what this process made inheritable on purpose.
struct ChildSpec {
  std::vector<std::string> arguments = {};  ///< argv, not empty
  std::string executable = {};              ///< path of the program; empty: argv[0]
  ProgramSearch search = ProgramSearch::none;
  ShellFallback shell_fallback = ShellFallback::no;
  std::optional<std::vector<std::string>> environment = {};  ///< `NAME=value`; nullopt: this process's
  ChildStream input = {}, output = {}, error_output = {};
  std::string directory = {};  ///< empty: this process's working directory
  ProcessGroup group = ProcessGroup::inherited;
  std::optional<sigset_t> signal_mask = {};  ///< nullopt: the calling thread's
  Dispositions dispositions = Dispositions::inherited;
  Abandoned abandoned = Abandoned::wait;
};

/// A child that this object owns: it is waited for exactly once, by wait() or by the destructor.
class ChildProcess {
 public:
  using Deadline = std::optional<std::chrono::steady_clock::time_point>;  ///< nullopt: none

  ChildProcess() = default;
  ChildProcess(pid_t pid, Abandoned abandoned) : pid_(pid), abandoned_(abandoned) {}
  ChildProcess(ChildProcess&& other) noexcept
      : pid_(other.release()), abandoned_(other.abandoned_), end_(std::move(other.end_)) {}
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  pid_t pid() const { return pid_; }  ///< -1: waited for, or released
  /// Waits for the end. Returns the status of waitpid(2); nullopt: it is not known (child.h).
  std::optional<int> wait();
  /// False: the deadline has passed, and the child has not ended. Does not reap it: wait() returns its status
  /// afterwards. Without pidfds (Linux < 5.3) nothing can wait with a deadline: returns true at once.
  bool ends_by(Deadline deadline);
  /// A descriptor that is readable once the child has ended; -1 without pidfds. Opened at the first call.
  int end_descriptor();
  /// SIGKILL to the child, or to its process group if it was abandoned so.
  void kill() const noexcept;
  /// Gives up ownership: other code waits for the process, or none does.
  pid_t release() { return std::exchange(pid_, -1); }

 private:
  pid_t pid_ = -1;
  Abandoned abandoned_ = Abandoned::wait;
  Fd end_;
};

/// The time that is left, as poll(2) takes it.
int poll_timeout(const ChildProcess::Deadline& deadline);

struct Spawned {
  ChildProcess child;
  int error_number = 0;  ///< not 0: the program was not started, and this is why
};
Spawned try_spawn(const ChildSpec& spec);
/// Throws the Error `cannot start 'PROGRAM': REASON`.
ChildProcess spawn(const ChildSpec& spec);

/// Starts a program that outlives this process and has nothing in common with it: a session of its own, no
/// streams, default signals. No caller has to wait for it: supervise, which reaps all children of
/// this process, or init does. Throws as spawn.
void spawn_detached(const std::string& executable, const std::vector<std::string>& arguments);

/// Turns this process into the program (execve). Returns only on failure: the error number. `environment`:
/// nullptr: this process's.
int exec_program(const std::string& executable, const std::vector<std::string>& arguments,
                 const std::vector<std::string>* environment = nullptr,
                 ShellFallback fallback = ShellFallback::no);

/// The variables of this process whose `NAME=value` satisfies `is_kept`.
std::vector<std::string> filtered_environment(const std::function<bool(std::string_view)>& is_kept);

std::vector<char*> as_argv(const std::vector<std::string>& words);  ///< pointers into `words`, then nullptr

}  // namespace envstore
