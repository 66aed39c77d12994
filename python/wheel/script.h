#pragma once
#include <string>
#include <string_view>

namespace envstore {

/// The placeholder of wheels for "this environment's interpreter": a first line that begins with `#!python`
/// (`#!pythonw` too). packaging.python.org "Binary distribution format", "Recommended installer features".
bool asks_for_python(std::string_view content);

/// The script with its `#!python` line replaced by one that starts the python beside the script.
std::string relocatable_script(std::string_view content);

}  // namespace envstore
