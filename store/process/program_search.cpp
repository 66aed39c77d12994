#include "store/process/program_search.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace envstore {
namespace {

bool is_file(const std::string& path) {
  struct stat facts {};
  return stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
}

FoundProgram look_at(const std::string& path) {
  if (is_executable_file(path)) return {FoundProgram::Result::found, path};
  const bool is_there = access(path.c_str(), F_OK) == 0;
  const int error = errno;
  const bool is_hidden = !is_there && error == EACCES;
  return {is_there || is_hidden ? FoundProgram::Result::not_executable : FoundProgram::Result::missing, path};
}

}  // namespace

std::vector<std::string> path_directories(std::string_view path_variable) {
  std::vector<std::string> directories;
  while (true) {
    const std::size_t colon = path_variable.find(':');
    const std::string_view directory = path_variable.substr(0, colon);
    directories.emplace_back(directory.empty() ? "." : directory);
    if (colon == std::string_view::npos) return directories;
    path_variable.remove_prefix(colon + 1);
  }
}

bool is_executable_file(const std::string& path) {
  return is_file(path) && access(path.c_str(), X_OK) == 0;
}

FoundProgram find_program(const std::string& name, std::string_view path_variable) {
  if (name.find('/') != std::string::npos) return look_at(name);
  FoundProgram found{FoundProgram::Result::missing, name};
  if (name.empty()) return found;
  for (const std::string& directory : path_directories(path_variable)) {
    const std::string path = directory + "/" + name;
    if (!is_file(path)) continue;
    if (access(path.c_str(), X_OK) == 0) return {FoundProgram::Result::found, path};
    found.result = FoundProgram::Result::not_executable;
  }
  return found;
}

}  // namespace envstore
