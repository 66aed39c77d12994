#pragma once
#include <chrono>
#include <string>

namespace envstore {

struct ProbeLimits {
  std::chrono::milliseconds time{30'000};
  std::size_t output_bytes = std::size_t{1} << 20;
};

/// Runs `executable` with the probe script, in a process group of its own, in `directory`, without any
/// variable that steers Python (PYTHON*, __PYVENV_LAUNCHER__). Returns what it wrote. `-I -B` first, `-E -B`
/// where that is refused (2.x). Throws Error{invalid_input} with the reason alone: cannot be started, fails,
/// hangs, writes too much. What hangs is ended.
std::string run_probe(const std::string& executable, const std::string& directory,
                      const ProbeLimits& limits = {});

}  // namespace envstore
