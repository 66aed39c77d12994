#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace envstore {

/// The entries of a PATH variable, in order. An empty entry is the working directory, `.`.
std::vector<std::string> path_directories(std::string_view path_variable);

/// True for a regular file, or a link to one, that this user may execute.
bool is_executable_file(const std::string& path);

struct FoundProgram {
  enum class Result { found, not_executable, missing };
  Result result = Result::missing;
  std::string path;  ///< if not found: the name
};
/// Searches as a shell does: a name with a slash is a path; another one is the first executable file of that
/// name on PATH. `not_executable`: there are only files that may not be executed.
FoundProgram find_program(const std::string& name, std::string_view path_variable);

}  // namespace envstore
