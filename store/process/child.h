#pragma once
#include <sys/wait.h>
#include <cerrno>
#include <optional>

namespace envstore {

/// Waits for a child process to end. nullopt: nobody can tell how it ended, because the system was told not
/// to keep that (SIGCHLD is ignored).
inline std::optional<int> wait_for_child(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return std::nullopt;
  return status;
}

/// Ended by itself, and with exit code 0.
inline bool succeeded(std::optional<int> status) {
  return status && WIFEXITED(*status) && WEXITSTATUS(*status) == 0;
}

}  // namespace envstore
