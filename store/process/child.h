#pragma once
#include <sys/wait.h>
#include <cerrno>
#include <optional>

namespace envstore {

/// Waits for a child process to end. nullopt: its status is not known, because SIGCHLD is ignored and so the
/// kernel does not keep it.
inline std::optional<int> wait_for_child(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return std::nullopt;
  return status;
}

/// True if the process exited by itself with exit code 0.
inline bool succeeded(std::optional<int> status) {
  return status && WIFEXITED(*status) && WEXITSTATUS(*status) == 0;
}

/// As shells have it: the exit code, or 128 + the number of the signal that ended it.
inline int exit_code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace envstore
