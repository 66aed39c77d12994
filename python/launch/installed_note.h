#pragma once
#include <string>

namespace envstore {

/// Prints one line to standard error if pip has installed distributions into the scratch: they are removed at
/// the end of the run, and how to have them in every run. `site`: the scratch's site-packages.
void tell_what_pip_installed(const std::string& site) noexcept;
/// Prints the same note in advance, for a process that is about to become pip (--exec) and cannot print
/// afterwards.
void tell_that_installs_end() noexcept;

}  // namespace envstore
