#pragma once
#include <string>
#include <string_view>

namespace envstore {

/// A name from outside, fit for a message: terminal_line.
std::string printable(std::string_view name);

bool is_valid_utf8(std::string_view text);

/// May stand in an archive: UTF-8 without control characters, of at most 100 levels, otherwise as
/// is_safe_path (store/objects/tree.h); but components named `__pycache__` pass, because wheels may carry
/// bytecode, which is dropped later.
bool is_safe_member_name(std::string_view name);

/// May be a file in bin/: one safe component, no control characters, not the interpreter's own name
/// (`python`, `python3`, `python3.11`, `pythonw`), which would replace the interpreter that scripts start.
bool is_safe_script_name(std::string_view name);

}  // namespace envstore
