#include "python/launch/supervise.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>

#include "store/platform/error.h"
#include "store/process/child.h"
#include "store/process/group_witness.h"

namespace envstore {
namespace {

// Without SIGTTIN and SIGTTOU: a process that uses the terminal from the background is stopped itself.
// Without the signals of faults.
constexpr std::array kForwarded = {SIGHUP,  SIGINT,   SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT,
                                   SIGTSTP, SIGWINCH, SIGALRM, SIGURG,  SIGIO,   SIGPWR,  SIGVTALRM};

/// Whether the child has already received the signal: the terminal sends to the whole group (si_code
/// SI_KERNEL), and other senders may do so. A child that has left the group counts as reached by signals of
/// the terminal only.
bool has_reached(pid_t child, const siginfo_t& info, GroupWitness& witness) {
  if (info.si_code > 0) return true;
  return getpgid(child) == getpgrp() && witness.has_received(info.si_signo);
}

/// Stops like the child, so that the shell that waits for this process sees the child's state. A process
/// group without a shell that could continue it is not stopped: the kernel discards SIGTSTP there.
void stop_as_the_child() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  (void)raise(SIGTSTP);
  pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);  // stops here
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
}

/// Handles every child that has changed state. Returns true if `child` has ended, with `status`.
bool reap(pid_t child, int& status) {
  bool has_ended = false;
  while (true) {
    int changed = 0;
    const pid_t pid = waitpid(-1, &changed, WNOHANG | WUNTRACED);
    if (pid < 0 && errno == EINTR) continue;
    if (pid <= 0) return has_ended;
    if (pid != child) continue;
    if (WIFSTOPPED(changed)) {
      // SIGSTOP comes from a debugger or an operator and concerns the child alone.
      if (WSTOPSIG(changed) != SIGSTOP) stop_as_the_child();
      continue;
    }
    status = changed;
    has_ended = true;
  }
}

/// A run shorter than this needs no witness: nothing handles signals before Python has started.
constexpr timespec kUntilWitness{0, 10'000'000};

}  // namespace

SignalScope::SignalScope() {
  sigemptyset(&waited_);
  for (const int signal : kForwarded) sigaddset(&waited_, signal);
  sigaddset(&waited_, SIGCHLD);
  // With an inherited, ignored SIGCHLD, the kernel would discard the exit status of children.
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &by_default, &original_child_);
  pthread_sigmask(SIG_BLOCK, &waited_, &original_mask_);
}

SignalScope::~SignalScope() {
  pthread_sigmask(SIG_SETMASK, &original_mask_, nullptr);
  sigaction(SIGCHLD, &original_child_, nullptr);
}

int supervise(pid_t child, const SignalScope& signals, GroupWitness& witness) {
  int status = 0;
  const timespec* limit = &kUntilWitness;
  while (true) {
    siginfo_t info{};
    const int signal = sigtimedwait(&signals.waited(), &info, limit);
    if (signal < 0) {
      const int fault = errno;
      if (fault == EINTR) continue;  // stopped and continued
      if (fault != EAGAIN) throw_errno(fault, "wait for", "signals");
      witness.start();
      limit = nullptr;
      continue;
    }
    if (signal == SIGCHLD) {
      if (!reap(child, status)) continue;
      witness.dismiss();
      return exit_code_of(status);
    } else if (!has_reached(child, info, witness)) {
      kill(child, signal);  // not reaped yet, so the pid is still the child's
    }
  }
}

}  // namespace envstore
