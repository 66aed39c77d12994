#pragma once
#include <sys/types.h>

namespace envstore {

/// Tells whether a signal that this process has received was sent to its whole group (or control group), so
/// that its child, in the same group, has it already: siginfo_t does not say. The witness is another process
/// of the group, sharing this one's memory, with every signal blocked: what is pending there came to it, too.
/// It ends with this process. Before it is started, and where none can be, every signal counts as sent to
/// this process alone.
class GroupWitness {
 public:
  GroupWitness() = default;
  ~GroupWitness();  ///< dismissed and reaped
  GroupWitness(const GroupWitness&) = delete;
  GroupWitness& operator=(const GroupWitness&) = delete;

  void start();
  /// Asks it to end, without waiting for that.
  void dismiss();
  /// Waits for the end of a dismissed one.
  void reap();
  /// Of a signal that has just arrived here. Senders that go from process to process (service managers) may
  /// need a moment to reach the witness: waits up to 50 ms for it.
  bool has_received(int signal);

 private:
  bool is_pending(int signal) const;

  pid_t pid_ = -1;
};

}  // namespace envstore
