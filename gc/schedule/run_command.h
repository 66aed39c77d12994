#pragma once
#include <optional>
#include <string>
#include <vector>

namespace envstore {

struct CommandResult {
  int exit_code = -1;  ///< 128+n: ended by signal n; -1: killed after 30 s, or at 64 MiB of output
  std::string output, stderr_text;
};

/// Runs a program from PATH in the C locale with this standard input, and waits for it. nullopt: there is
/// none of that name.
std::optional<CommandResult> run_command(const std::vector<std::string>& words,
                                         const std::string& input = {});

}  // namespace envstore
