#pragma once
#include <string>
#include <string_view>

namespace envstore {

/// Converts ASCII letters only, independent of the locale.
constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string to_lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = to_lower(c);
  return result;
}

inline constexpr std::string_view kWhiteSpace = " \t\r\n\f\v";

/// The text without the characters of `spaces` at either end.
inline std::string_view trimmed(std::string_view text, std::string_view spaces = kWhiteSpace) {
  const std::size_t first = text.find_first_not_of(spaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

}  // namespace envstore
