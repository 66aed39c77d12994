#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "python/launch/launch.h"

namespace envstore {

/// Commands that every run resolves itself, independent of PATH.

/// `python`, `python3`, `python3.9`, `python3.13t`, `python2`, `pypy3`, `graalpy`, ...: of any interpreter.
bool is_interpreter_name(std::string_view name);
/// `pip`, `pip3`, `pip3.9`, `pip2`: of any interpreter.
bool is_pip_name(std::string_view name);
/// Names that mean the plan's own pip: pip, pip3, pip3.11.
std::vector<std::string> pip_names(const LaunchPlan& plan);

/// Whether the target runs pip: `pip ...`, `-m pip ...`, `python -I -m pip ...`.
bool is_pip(const Target& target);

/// The script that is `pip` in the scratch of a run without a pip of its own, so that programs of the run
/// that call `pip` do not reach another Python's pip on PATH. It runs the pip module if there is one;
/// otherwise it prints what the user can do and exits with 127.
std::string pip_guard();

}  // namespace envstore
