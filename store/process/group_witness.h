#pragma once
#include <sys/types.h>

namespace envstore {

/// Detects whether a signal that this process received was sent to its whole process group (or control
/// group), in which case the child in the same group has received it, too; siginfo_t does not contain this.
/// The witness is another process of the group that shares this process's memory and blocks every signal: a
/// signal that is pending there was sent to both. It is killed when this process ends. Until it is started,
/// and if it cannot be started, every signal counts as sent to this process alone.
class GroupWitness {
 public:
  GroupWitness() = default;
  ~GroupWitness();  ///< dismisses and reaps
  GroupWitness(const GroupWitness&) = delete;
  GroupWitness& operator=(const GroupWitness&) = delete;

  void start();
  /// Kills the witness, without waiting for its end.
  void dismiss();
  /// Waits for the end of a dismissed witness.
  void reap();
  /// Whether the witness, too, has received `signal`, which has just arrived in this process. Waits up to 50
  /// ms, because senders that signal one process after another (service managers) may reach the witness
  /// later.
  bool has_received(int signal);

 private:
  bool is_pending(int signal) const;

  pid_t pid_ = -1;
};

}  // namespace envstore
