#pragma once
#include <chrono>
#include <optional>

#include "store/process/spawn.h"

namespace envstore {

/// A program that leaves no process running: when it has ended, all processes that it started are killed,
/// daemons too, and so they are when this process ends or becomes another program. A supervisor holds them:
/// a fork of this process, in a session of its own, that all of them belong to as its descendants (prctl
/// PR_SET_CHILD_SUBREAPER). Without /proc only the program's process group is killed.
class ContainedProcess {
 public:
  /// Starts the program in a process group of its own, without the signal mask and dispositions of this
  /// process, and of its descriptors only with the streams of `spec`. `spec.group`, `signal_mask`,
  /// `dispositions` and `abandoned` are not used. Throws Error if no supervisor can be started.
  explicit ContainedProcess(ChildSpec spec);
  ~ContainedProcess();  ///< ends and waits
  ContainedProcess(const ContainedProcess&) = delete;
  ContainedProcess& operator=(const ContainedProcess&) = delete;

  /// Not 0: the program was not started, and this is why.
  int error_number() const { return error_number_; }
  /// Ends when the program and all of its descendants have: for read_output.
  ChildProcess& supervisor() { return supervisor_; }
  /// Lets the supervisor kill them now. Does not wait.
  void end() { control_ = Fd(); }
  /// The status of the program (waitpid(2)); nullopt: it was killed by `end`, or is unknown.
  std::optional<int> wait();

 private:
  Fd control_;  ///< the writing end of a pipe: the supervisor kills when it is closed
  Fd report_;
  ChildProcess supervisor_;
  int error_number_ = 0;
};

/// For a process that has become another program while it had contained ones: waits until their supervisors
/// have killed them.
void wait_for_contained(std::chrono::milliseconds limit);

}  // namespace envstore
