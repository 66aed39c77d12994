#pragma once
#include <string>

namespace envstore {

/// One line on standard error when pip has put distributions into the scratch: that they end with the run,
/// and what to write to have them in every run. `site`: the scratch's site-packages.
void tell_what_pip_installed(const std::string& site) noexcept;
/// The same before a process that becomes pip, of which nothing can be told afterwards.
void tell_that_installs_end() noexcept;

}  // namespace envstore
