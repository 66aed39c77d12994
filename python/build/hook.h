#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "python/build/build_log.h"
#include "python/build/source_build.h"

namespace envstore {

/// One call of a hook. Its arguments are positional: texts, the settings, or None.
struct HookCall {
  struct None {};
  using Argument = std::variant<None, std::string, ConfigSettings>;
  std::string name;
  std::vector<Argument> arguments;
};

/// What a hook returned. Nothing of it is checked but its type.
using HookValue = std::variant<std::string, std::vector<std::string>>;

/// Why there is no value.
struct HookFailure {
  /// `no_backend`: it cannot be imported, or not from its backend-path.
  enum class Kind { no_backend, raised, ended, timed_out, bad_value };
  Kind kind;
  std::string reason;  ///< a clause: `it ended with exit code 1`
};
struct HookMissing {};
using HookResult = std::variant<HookValue, HookMissing, HookFailure>;

struct HookPlace {
  const BuildSystem& system;
  const BuildEnvironment& environment;
  std::string source_directory;  ///< the working directory
  std::string work_directory;    ///< holds the request, the result and `tmp`
  std::optional<std::chrono::seconds> time_limit;
};

/// The variables of a hook's process: the environment's, TMPDIR in the work directory, and output in UTF-8
/// whatever the locale.
std::vector<std::string> hook_environment(std::vector<std::string> variables, const std::string& temporary);

/// Runs one hook (PEP 517) in a process of its own, which leaves none behind (ContainedProcess). Its standard
/// input is empty; output and error output go to `log`. Throws Error if it cannot be run for a reason that is
/// no fault of the backend.
HookResult run_hook(const HookCall& call, const HookPlace& place, BuildLog& log);

}  // namespace envstore
