#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../standards/ascii.h"

namespace pypackaging::text {

/// `\w` of a regular expression for ASCII.
constexpr bool is_ascii_word(char c) {
  return ascii::is_alphanumeric(c) || c == '_';
}
/// `\w` for Unicode; every character beyond ASCII counts as a letter.
constexpr bool is_word(char c) {
  return is_ascii_word(c) || static_cast<unsigned char>(c) >= 0x80;
}

std::vector<std::string_view> split(std::string_view text, char separator);

struct Line {
  std::string_view text;  ///< without its end
  std::size_t offset;     ///< where it begins
};

/// Splits a text into lines that end in LF, CRLF or CR (Python's universal newlines).
class LineReader {
 public:
  explicit LineReader(std::string_view text) : text_(text) {}
  std::optional<Line> next();
  /// The offset of the next line.
  std::size_t position() const { return position_; }

 private:
  std::string_view text_;
  std::size_t position_ = 0;
};

/// Without the byte order mark that some editors put before UTF-8.
constexpr std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

bool is_utf8(std::string_view text);
/// Replaces invalid UTF-8 by U+FFFD, as the Unicode standard recommends (3.9, "maximal subparts").
std::string to_utf8(std::string_view text);

}  // namespace pypackaging::text
