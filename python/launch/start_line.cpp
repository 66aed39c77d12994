#include "python/launch/start_line.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "store/platform/files.h"

namespace envstore {
namespace {

constexpr int kNotFound = 127, kCannotRun = 126;
constexpr std::string_view kRelocatable = "#!/bin/sh\n'''exec' \"${0%/*}/python\" \"$0\" \"$@\"\n";

std::string head_of(const std::string& path) {
  std::array<char, kRelocatable.size()> head{};
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  const ssize_t size = fd ? read(fd.get(), head.data(), head.size()) : -1;
  return {head.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

bool is_file(const std::string& path) {
  struct stat facts {};
  return stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
}

struct Found {
  std::string path;
  int failure = 0;
};

/// As a shell looks: the first that can be run, else 126 for one that is there but cannot.
Found find_command(const std::string& name, std::string_view path_variable) {
  if (name.find('/') != std::string::npos) {
    if (access(name.c_str(), X_OK) == 0 && is_file(name)) return {name, 0};
    return {name, access(name.c_str(), F_OK) == 0 || errno == EACCES ? kCannotRun : kNotFound};
  }
  Found found{name, kNotFound};
  if (name.empty()) return found;
  for (bool is_last = false; !is_last;) {
    const std::size_t colon = path_variable.find(':');
    is_last = colon == std::string_view::npos;
    const std::string directory(path_variable.substr(0, colon));
    if (!is_last) path_variable.remove_prefix(colon + 1);
    const std::string path = (directory.empty() ? "." : directory) + "/" + name;
    if (!is_file(path)) continue;
    if (access(path.c_str(), X_OK) == 0) return {path, 0};
    found.failure = kCannotRun;
  }
  return found;
}

StartLine with_python(const std::string& scratch, std::vector<std::string> words, const Target& target) {
  StartLine line{scratch + "/bin/python", {}, 0};
  line.arguments.push_back(line.executable);
  line.arguments.insert(line.arguments.end(), words.begin(), words.end());
  line.arguments.insert(line.arguments.end(), target.arguments.begin(), target.arguments.end());
  return line;
}

StartLine command_line(const Target& target, const std::string& scratch, std::string_view path_variable) {
  Found found = find_command(target.name, path_variable);
  if (found.failure != 0) return {std::move(found.path), {}, found.failure};
  if (found.path.starts_with(scratch + "/bin/") && is_relocatable_script(head_of(found.path)))
    return with_python(scratch, {found.path}, target);
  StartLine line{found.path, {}, 0};
  // Python finds its environment beside argv[0], whatever name the shell's user typed.
  line.arguments.push_back(found.path.starts_with(scratch + "/bin/") ? found.path : target.name);
  line.arguments.insert(line.arguments.end(), target.arguments.begin(), target.arguments.end());
  return line;
}

}  // namespace

bool is_relocatable_script(std::string_view head) {
  return head.starts_with(kRelocatable);
}

StartLine start_line(const Target& target, const std::string& scratch, std::string_view path_variable) {
  switch (target.kind) {
    case Target::Kind::script:
      if (target.name.starts_with('-')) return with_python(scratch, {"--", target.name}, target);
      return with_python(scratch, {target.name}, target);
    case Target::Kind::module:
      return with_python(scratch, {"-m", target.name}, target);
    case Target::Kind::standard_input:
      return with_python(scratch, {"-"}, target);
    case Target::Kind::command:
      return command_line(target, scratch, path_variable);
  }
  return {target.name, {}, kNotFound};
}

}  // namespace envstore
