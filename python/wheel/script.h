#pragma once
#include <string>
#include <string_view>

namespace envstore {

/// Whether the first line begins with `#!python` (`#!pythonw` too), the wheel placeholder for the
/// environment's interpreter. packaging.python.org "Binary distribution format", "Recommended installer
/// features".
bool asks_for_python(std::string_view content);

/// The script with its `#!python` line replaced by one that starts the python in the script's directory.
std::string relocatable_script(std::string_view content);

}  // namespace envstore
