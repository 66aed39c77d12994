#pragma once
#include <sys/types.h>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "calls.h"

namespace crash {

enum class Victim { nobody, caller, everybody };

/// What happens before call `at`, where nobody is killed and the call does not fail.
struct Event {
  std::string shell;           ///< run to its end, while the caller waits
  std::int64_t clock_off = 0;  ///< seconds by which the clock is wrong from then on
};

struct Orders {
  Select select = Select::changes;
  Victim victim = Victim::nobody;  ///< who is killed at call `at`; nobody: `at` fails, or all is counted
  std::uint64_t at = 0;            ///< counted from 1; 0: never
  Event event;
  std::string program;    ///< only calls of programs whose name begins so are numbered
  unsigned seconds = 60;  ///< after which all are killed: something hangs
  std::vector<std::string> command;
};

struct Outcome {
  std::uint64_t calls = 0;  ///< how many were numbered
  std::string call;         ///< the name of number `at`; empty: it was not reached
  std::string program;      ///< who made it
  int status = 0;           ///< of the command, as waitpid tells
  bool hung = false;
  std::vector<std::string>
      crashed;  ///< `PROGRAM: SIGNAL` of processes that ended by a signal of their own fault
};

/// Runs the command with all its descendants under ptrace, stopped by a filter of seccomp(2) only at calls
/// that may be numbered, until the last of them has ended, the background work that they leave behind
/// included. Nobody becomes idle: on a busy machine idle work takes for ever.
class Driver {
 public:
  explicit Driver(Orders orders) : orders_(std::move(orders)) {}
  Outcome run();

 private:
  void start();
  void attend(pid_t thread, int status);
  void at_stop(pid_t thread, int status);
  void at_call(pid_t thread);
  void act(pid_t thread, const Call& call);
  void ended(pid_t thread, int status);
  void kill_everybody();
  void let_happen();
  bool is_numbered(pid_t thread, const Call& call);
  const std::string& program_of(pid_t thread);

  const Orders orders_;
  Outcome outcome_;
  pid_t command_ = -1;
  std::int64_t clock_off_ = 0;
  std::set<pid_t> threads_;
  std::map<pid_t, std::string> programs_;
};

}  // namespace crash
