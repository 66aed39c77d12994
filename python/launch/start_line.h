#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "python/launch/launch.h"

namespace envstore {

/// What execve is called with; `failure` not 0: nothing to call, and the exit code that says so.
struct StartLine {
  std::string executable;
  std::vector<std::string> arguments;  ///< with argv[0]
  int failure = 0;                     ///< 127: not found, 126: cannot be run
};

/// How the target is started in a scratch. `path_variable`: the run's PATH.
StartLine start_line(const Target& target, const std::string& scratch, std::string_view path_variable);

/// The file's first bytes are those of a relocatable script, which sh would only use to start the python
/// beside it.
bool is_relocatable_script(std::string_view head);

}  // namespace envstore
