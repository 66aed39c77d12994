#include "python/launch/exec_spec.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "python/launch/foreign_python.h"
#include "python/launch/overlay.h"
#include "python/launch/own_commands.h"
#include "store/platform/files.h"
#include "store/process/program_search.h"

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

ExecSpec with_python(const std::string& scratch, std::initializer_list<std::string_view> words,
                     const Target& target) {
  ExecSpec line{scratch + "/bin/python", {}, 0};
  line.arguments.push_back(line.executable);
  for (const std::string_view word : words) line.arguments.emplace_back(word);
  line.arguments.insert(line.arguments.end(), target.arguments.begin(), target.arguments.end());
  return line;
}

ExecSpec as_it_is(const std::string& path, const std::string& name, const Target& target) {
  ExecSpec line{path, {name}, 0};
  line.arguments.insert(line.arguments.end(), target.arguments.begin(), target.arguments.end());
  return line;
}

ExecSpec refuse(const std::string& path, std::string reason, std::string hint) {
  return {path, {}, kNotFound, std::move(reason), std::move(hint)};
}

bool is_one_of(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Refuses a command of another version or implementation than the run's, which would not use the
/// environment.
ExecSpec refuse_version(const LaunchPlan& plan, const std::string& name) {
  const std::string_view version = std::string_view(name).substr(name.find_first_of("0123456789"));
  return refuse(name, "this run's Python is " + plan.version + " ('" + plan.interpreter + "')",
                "`envstore run --python " + std::string(version) +
                    "` makes the environment for it; its path instead of its name starts it outside of any");
}

ExecSpec refuse_other_python(const std::string& name, const std::string& path, const std::string& python) {
  return refuse(name, "'" + path + "' belongs to another Python, " + python,
                "take it into the environment with --with " + name +
                    " (or the package that has it), or start it as it is by its path: envstore run " + path);
}

/// Handles names that mean Python or pip and have no file in the environment.
std::optional<ExecSpec> missing_own_command(const Target& target, const LaunchPlan& plan,
                                            const std::string& scratch) {
  if (is_pip_name(target.name)) {
    if (is_one_of(pip_names(plan), target.name)) return with_python(scratch, {"-m", "pip"}, target);
    return refuse_version(plan, target.name);
  }
  if (!is_interpreter_name(target.name)) return std::nullopt;
  if (target.name.find_first_of("0123456789") != std::string::npos) return refuse_version(plan, target.name);
  return refuse(target.name, "this run's Python is " + plan.version + " ('" + plan.interpreter + "')",
                "`envstore run --python " + target.name + "` makes the environment for another one");
}

/// Starts a file of the environment. A relocatable script needs no execute permission, because Python reads
/// it.
ExecSpec line_in_scratch(const Target& target, const std::string& scratch, const std::string& path) {
  if (is_relocatable_script(head_of(path))) return with_python(scratch, {path}, target);
  if (access(path.c_str(), X_OK) != 0) return {path, {}, kCannotRun};
  // argv[0] is the path and not the name that the user typed: Python finds its environment beside argv[0].
  return as_it_is(path, path, target);
}

ExecSpec command_line(const Target& target, const LaunchPlan& plan, const std::string& scratch,
                      std::string_view path_variable) {
  const bool is_path = target.name.find('/') != std::string::npos;
  if (!is_path && !target.name.empty()) {
    if (const std::string own = scratch + "/bin/" + target.name; is_file(own))
      return line_in_scratch(target, scratch, own);
    if (auto line = missing_own_command(target, plan, scratch)) return std::move(*line);
  }
  FoundProgram found = find_program(target.name, path_variable);
  if (found.result != FoundProgram::Result::found)
    return {
        std::move(found.path), {}, found.result == FoundProgram::Result::missing ? kNotFound : kCannotRun};
  if (is_path) return as_it_is(found.path, target.name, target);
  std::vector<std::string> own_names = interpreter_names(plan);
  own_names.emplace_back("python");
  if (const auto python = other_python_of(absolute_path(found.path), own_names))
    return refuse_other_python(target.name, found.path, *python);
  return as_it_is(found.path, target.name, target);
}

}  // namespace

bool is_relocatable_script(std::string_view head) {
  return head.starts_with(kRelocatable);
}

ExecSpec exec_spec(const Target& target, const LaunchPlan& plan, const std::string& scratch,
                   std::string_view path_variable) {
  switch (target.kind) {
    case Target::Kind::script:
      if (target.name.starts_with('-')) return with_python(scratch, {"--", target.name}, target);
      return with_python(scratch, {target.name}, target);
    case Target::Kind::module:
      return with_python(scratch, {"-m", target.name}, target);
    case Target::Kind::standard_input:
      return with_python(scratch, {"-"}, target);
    case Target::Kind::command:
      return command_line(target, plan, scratch, path_variable);
  }
  return {target.name, {}, kNotFound};
}

}  // namespace envstore
