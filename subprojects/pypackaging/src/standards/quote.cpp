#include "quote.h"

namespace pypackaging {
namespace {

constexpr std::size_t kLongest = 120;

bool is_control(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

void append_escaped(std::string& result, char c) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  result.append("\\x").append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
}

/// The longest prefix within the limit that does not split a UTF-8 sequence.
std::string_view shortened(std::string_view text) {
  if (text.size() <= kLongest) return text;
  std::size_t end = kLongest;
  while (end > kLongest - 4 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

std::string quote(std::string_view text) {
  const std::string_view shown = shortened(text);
  std::string result = "'";
  for (const char c : shown) {
    if (is_control(c))
      append_escaped(result, c);
    else
      result += c;
  }
  return result += shown.size() < text.size() ? "...'" : "'";
}

}  // namespace pypackaging
