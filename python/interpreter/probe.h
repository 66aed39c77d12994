#pragma once
#include <chrono>
#include <string>

namespace envstore {

struct ProbeLimits {
  std::chrono::milliseconds time{30'000};
  std::size_t output_bytes = std::size_t{1} << 20;
};

/// Runs `executable` with the probe script in `directory`, in its own process group, without the environment
/// variables that affect Python (PYTHON*, __PYVENV_LAUNCHER__). Returns its stdout. Uses `-I -B`, or `-E -B`
/// if that is refused (2.x). Throws Error{invalid_input} with only the reason if it cannot be started, fails,
/// hangs or writes too much. A hanging process is killed with its group.
std::string run_probe(const std::string& executable, const std::string& directory,
                      const ProbeLimits& limits = {});

}  // namespace envstore
