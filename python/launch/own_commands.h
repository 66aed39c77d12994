#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "python/launch/launch.h"

namespace envstore {

/// The commands that every run answers itself, whatever stands on PATH (DESIGN section 16).

/// `python`, `python3`, `python3.9`, `python3.13t`, `python2`, `pypy3`, `graalpy`, ...: of any interpreter.
bool is_interpreter_name(std::string_view name);
/// `pip`, `pip3`, `pip3.9`, `pip2`: of any interpreter.
bool is_pip_name(std::string_view name);
/// Names that mean the plan's own pip: pip, pip3, pip3.11.
std::vector<std::string> pip_names(const LaunchPlan& plan);

/// The target is pip by one of its names: `pip ...`, `-m pip ...`, `python -I -m pip ...`.
bool is_pip(const Target& target);

/// What stands as `pip` in the scratch of a run without one, so that a program of the run that calls `pip`
/// does not reach the one of another Python on PATH: starts the module if there is one, else says what to do
/// and ends with 127.
std::string pip_guard();

}  // namespace envstore
