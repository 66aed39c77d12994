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

/// What happens before call `at` if no process is killed and no error is injected.
struct Event {
  std::string shell;           ///< run to completion while the caller waits
  std::int64_t clock_off = 0;  ///< seconds by which the clock is shifted from then on
};

struct Orders {
  Select select = Select::changes;
  Victim victim = Victim::nobody;  ///< killed at call `at`; nobody: an error or an event is injected, or
                                   ///< calls are counted
  std::uint64_t at = 0;            ///< counted from 1; 0: never
  Event event;
  std::string program;    ///< only calls of programs whose name starts with this are numbered
  unsigned seconds = 60;  ///< time limit; then all are killed and `hung` is set
  std::vector<std::string> command;
};

struct Outcome {
  std::uint64_t calls = 0;  ///< number of numbered calls
  std::string call;         ///< the name of call `at`; empty: not reached
  std::string program;      ///< the program that made it
  int status = 0;           ///< of the command, as returned by waitpid
  bool hung = false;
  std::vector<std::string>
      crashed;  ///< `PROGRAM: SIGNAL` of processes that died of a fault (SIGSEGV, SIGABRT, ...)
};

/// Runs the command and all its descendants under ptrace, stopped by a seccomp(2) filter only at calls that
/// may be numbered, until the last of them has ended, including background work. Calls that set a priority
/// are skipped, because idle work on a busy machine takes forever.
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
