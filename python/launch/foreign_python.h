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

/// The Python that the command at `path`, found on PATH, belongs to: the path of its interpreter, its
/// environment's folder, or a version manager's name; nullopt: to none, or to whichever Python stands first
/// on PATH under one of the names that `own_names` lists. Reads the file's beginning and looks beside it;
/// never runs it. What cannot be read belongs to none.
std::optional<std::string> other_python_of(const std::string& path,
                                           const std::vector<std::string>& own_names);

}  // namespace envstore
