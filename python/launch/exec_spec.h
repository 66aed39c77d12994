#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "python/launch/launch.h"

namespace envstore {

/// The arguments of execve. If `failure` is not 0, nothing can be executed: `failure` is the exit code,
/// `reason` and `hint` (may be empty) are for the user.
struct ExecSpec {
  std::string executable;
  std::vector<std::string> arguments;  ///< with argv[0]
  int failure = 0;                     ///< 127: not found or refused, 126: not executable
  std::string reason = {}, hint = {};
};

/// How the target is started in the plan's scratch. `path_variable`: the run's PATH. A command is
/// the scratch's, else one of own_commands.h, else the first on PATH; one of another Python is refused.
ExecSpec exec_spec(const Target& target, const LaunchPlan& plan, const std::string& scratch,
                   std::string_view path_variable);

/// Whether `head`, the first bytes of a file, is the start of a relocatable script, in which sh only executes
/// the python beside the script.
bool is_relocatable_script(std::string_view head);

}  // namespace envstore
