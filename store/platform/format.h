#pragma once
#include <fmt/core.h>

#include <string>
#include <string_view>

namespace envstore {

/// The text of `format` with `arguments`, as {fmt} defines it. Not a template: only its source file compiles
/// {fmt}'s implementation, because Debian ships {fmt} as a shared library only and a warm run must not map
/// another library.
std::string format_arguments(fmt::string_view format, fmt::format_args arguments);

/// std::format, which g++ 12 lacks. The format string is checked at compile time.
template <class... Arguments>
std::string format_text(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  return format_arguments(format, fmt::make_format_args(arguments...));
}

/// The texts of a range with `separator` between them.
template <class Range>
std::string joined(const Range& texts, std::string_view separator) {
  std::string result;
  bool is_first = true;
  for (const auto& text : texts) {
    if (!is_first) result += separator;
    result += text;
    is_first = false;
  }
  return result;
}

}  // namespace envstore
