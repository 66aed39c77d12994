#pragma once
#include <optional>
#include <string>
#include <vector>

namespace envstore {

struct CommandResult {
  int exit_code = -1;  ///< 128+n: ended by signal n; -1: it took longer than half a minute and was ended
  std::string output, stderr_text;
};

/// Runs a program of PATH in the C locale with this standard input, and waits. nullopt: there is none of that
/// name.
std::optional<CommandResult> run_command(const std::vector<std::string>& words,
                                         const std::string& input = {});

}  // namespace envstore
