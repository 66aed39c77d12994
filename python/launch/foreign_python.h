#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace envstore {

/// What the kernel would start for a script: `#!INTERPRETER [ARGUMENT]` (execve(2)).
struct Shebang {
  std::string interpreter;
  std::string argument;  ///< the rest of the line; empty: none
};
std::optional<Shebang> parse_shebang(std::string_view head);

/// The Python that the command at `path`, found on PATH, belongs to: the path of its interpreter, the
/// directory of its environment, or the name of a version manager. nullopt: the command belongs to no Python,
/// or its shebang looks up one of `own_names` on PATH. Reads the beginning of the file and checks for files
/// near it; never runs it. An unreadable file belongs to no Python.
std::optional<std::string> other_python_of(const std::string& path,
                                           const std::vector<std::string>& own_names);

}  // namespace envstore
