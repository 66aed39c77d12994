#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "python/launch/launch.h"

namespace envstore {

/// What execve is called with; `failure` not 0: nothing to call, and the exit code that says so, with the
/// reason and a hint for the user.
struct ExecSpec {
  std::string executable;
  std::vector<std::string> arguments;  ///< with argv[0]
  int failure = 0;                     ///< 127: not found or not to be run, 126: cannot be run
  std::string reason = {}, hint = {};
};

/// How the target is started in the plan's scratch. `path_variable`: the run's PATH. A command is looked for
/// in the order of DESIGN section 16; one that belongs to another Python is refused.
ExecSpec exec_spec(const Target& target, const LaunchPlan& plan, const std::string& scratch,
                   std::string_view path_variable);

/// The file's first bytes are those of a relocatable script, which sh would only use to start the python
/// beside it.
bool is_relocatable_script(std::string_view head);

}  // namespace envstore
