#include "pypackaging/name.h"

#include "ascii.h"
#include "quote.h"

namespace pypackaging {
namespace {

constexpr bool is_name_separator(char c) {
  return c == '-' || c == '_' || c == '.';
}

}  // namespace

bool is_valid_name(std::string_view name) {
  if (name.empty() || !ascii::is_alphanumeric(name.front()) || !ascii::is_alphanumeric(name.back()))
    return false;
  for (const char c : name)
    if (!ascii::is_alphanumeric(c) && !is_name_separator(c)) return false;
  return true;
}

std::string normalize_name(std::string_view name) {
  std::string normalized;
  normalized.reserve(name.size());
  bool after_separator = false;
  for (const char c : name) {
    const bool separator = is_name_separator(c);
    if (!separator) normalized += ascii::to_lower(c);
    if (separator && !after_separator) normalized += '-';
    after_separator = separator;
  }
  return normalized;
}

Result<std::string> parse_name(std::string_view text) {
  if (is_valid_name(text)) return normalize_name(text);
  std::size_t position = 0;
  while (position < text.size() &&
         (ascii::is_alphanumeric(text[position]) || (position > 0 && is_name_separator(text[position]))))
    ++position;
  // All characters are allowed, so the last one is a separator.
  if (position == text.size() && position > 0) --position;
  return ParseError{"invalid name " + quote(text) +
                        ": expected letters, digits, '-', '_' and '.', a letter or digit first and last",
                    position};
}

}  // namespace pypackaging
