#include "python/launch/own_commands.h"

#include <algorithm>
#include <optional>

#include "python/launch/overlay.h"

namespace envstore {
namespace {

/// Whether `rest` is a version suffix as in names of executables: empty, `3`, `3.11`, `3.13t`.
bool is_version_suffix(std::string_view rest) {
  if (rest.ends_with('t') || rest.ends_with('d')) rest.remove_suffix(1);
  if (rest.empty()) return true;
  const bool has_digits_only = rest.find_first_not_of("0123456789.") == std::string_view::npos;
  return has_digits_only && rest.front() != '.' && rest.back() != '.';
}

/// The module that `python WORDS` runs with -m, if any (docs.python.org, "Command line and environment").
std::optional<std::string_view> module_of(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word.size() < 2 || word.front() != '-') return std::nullopt;
    if (word == "--check-hash-based-pycs") ++i;
    if (word.starts_with("--")) continue;
    const std::size_t letter = word.find_first_of("mcWX", 1);
    if (letter == std::string_view::npos) continue;
    const bool is_joined = letter + 1 < word.size();
    if (word[letter] == 'c') return std::nullopt;
    if (word[letter] == 'm') {
      if (is_joined) return word.substr(letter + 1);
      return i + 1 < words.size() ? std::optional<std::string_view>(words[i + 1]) : std::nullopt;
    }
    if (!is_joined) ++i;
  }
  return std::nullopt;
}

bool is_pip_module(std::string_view name) {
  return name == "pip" || name == "pip.__main__";
}

}  // namespace

bool is_interpreter_name(std::string_view name) {
  constexpr std::string_view kNames[] = {"python", "pypy", "graalpy"};
  return std::any_of(std::begin(kNames), std::end(kNames), [&](std::string_view known) {
    return name.starts_with(known) && is_version_suffix(name.substr(known.size()));
  });
}

bool is_pip_name(std::string_view name) {
  return name.starts_with("pip") && is_version_suffix(name.substr(3));
}

std::vector<std::string> pip_names(const LaunchPlan& plan) {
  std::vector<std::string> names{"pip"};
  for (const std::string& python : interpreter_names(plan))
    if (python.starts_with("python")) names.push_back("pip" + python.substr(6));
  return names;
}

bool is_pip(const Target& target) {
  switch (target.kind) {
    case Target::Kind::module:
      return is_pip_module(target.name);
    case Target::Kind::command: {
      if (is_pip_name(target.name)) return true;
      if (!is_interpreter_name(target.name)) return false;
      const auto module = module_of(target.arguments);
      return module && is_pip_module(*module);
    }
    default:
      return false;
  }
}

std::string pip_guard() {
  return R"SCRIPT(#!/bin/sh
'''exec' "${0%/*}/python" "$0" "$@"
' '''
import importlib.util, os, runpy, sys
del sys.path[0]
if importlib.util.find_spec("pip") is not None:
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
    sys.exit()
sys.stderr.write("error: cannot run '%s': this environment has no pip, and one of another Python is not used\n"
                 "hint: say what is needed with --with NAME or in the script's block; for pip itself, --with pip\n"
                 % os.path.basename(sys.argv[0]))
sys.exit(127)
)SCRIPT";
}

}  // namespace envstore
