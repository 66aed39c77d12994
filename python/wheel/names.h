#pragma once
#include <string>
#include <string_view>

namespace envstore {

/// An untrusted name made safe for a message: terminal_line.
std::string printable(std::string_view name);

bool is_valid_utf8(std::string_view text);

/// Whether a file in bin/ may have this name: one safe component, no control characters, not an interpreter
/// name (`python`, `python3`, `python3.11`, `pythonw`), which would replace the interpreter that scripts
/// start.
bool is_safe_script_name(std::string_view name);

}  // namespace envstore
