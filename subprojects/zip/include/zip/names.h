#pragma once
#include <string_view>

namespace zip {

/// Whether an archive may contain this name (without the slash at the end of a directory's): a relative path
/// in UTF-8 without control characters or backslashes, no component that is empty, `.` or `..`, at most 255
/// bytes a component, 3,500 bytes and 101 components in all.
bool is_safe_name(std::string_view name);

}  // namespace zip
