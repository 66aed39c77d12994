#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/platform/files.h"

// Processes as proc(5) shows them. A process may end at any time, and most data about processes of other
// users is hidden: both read as empty. A shortage (of descriptors, of memory) is an Error, because it would
// hide processes that are there.

namespace envstore {

/// The processes of this PID namespace, without this one. Throws Error{unsupported} with kProcHint if /proc
/// does not show even this process: then nothing is known about the others.
std::vector<pid_t> other_processes();

/// A file of /proc/PID: environ, cmdline (also of a process that is executing a program at this moment),
/// comm, maps, status. For several files of one process: ProcessView.
std::string read_process_file(pid_t pid, const char* file);

/// Whether `environment` (of proc_pid_environ(5)) has exactly this `NAME=value`.
bool has_variable(std::string_view environment, std::string_view variable);

/// The arguments of this process, argv[0] first.
std::vector<std::string> own_arguments();

/// The children of the calling thread.
std::vector<pid_t> children_of_this_thread();

/// One process, as its directory in /proc shows it. It is held open, so that nothing is read of another
/// process that has got the same number since.
class ProcessView {
 public:
  static std::optional<ProcessView> open(pid_t pid);  ///< nullopt: it has ended
  pid_t pid() const { return pid_; }
  std::string read(const char* file) const;         ///< as read_process_file
  std::string link(const std::string& name) const;  ///< the target of exe, cwd, fd/N
  std::vector<std::string> open_files() const;      ///< the targets of fd/*
  /// The arguments, separated by blanks, or the `[name]` of a process that has none: for people.
  std::string command() const;

 private:
  ProcessView(pid_t pid, Fd directory) : pid_(pid), directory_(std::move(directory)) {}
  pid_t pid_;
  Fd directory_;
};

}  // namespace envstore
