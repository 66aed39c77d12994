#include "zip/names.h"

#include <algorithm>
#include <cstddef>

namespace zip {
namespace {

constexpr std::size_t kLongestComponent = 255;  // of Linux's file systems
// Below PATH_MAX, so that users can put a prefix before it.
constexpr std::size_t kLongestName = 3500;
// Far above real archives; checks cost time for each level of each name.
constexpr std::ptrdiff_t kMostSlashes = 100;

/// The length of the UTF-8 sequence at the start of `text`, which is not empty; 0: malformed. Unicode
/// standard, table 3-7: the range of the second byte excludes overlong forms, surrogates and values beyond
/// U+10FFFF.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  const unsigned char lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned char highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < lowest || byte(1) > highest) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  return length;
}

/// C0, DEL, or C1 encoded as UTF-8.
bool is_control(std::string_view sequence) {
  const auto byte = static_cast<unsigned char>(sequence[0]);
  return byte < 0x20 || byte == 0x7f || (byte == 0xc2 && static_cast<unsigned char>(sequence[1]) < 0xa0);
}

bool is_safe_text(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0 || is_control(text.substr(0, length)) || text[0] == '\\') return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_safe_component(std::string_view component) {
  return !component.empty() && component != "." && component != ".." && component.size() <= kLongestComponent;
}

}  // namespace

bool is_safe_name(std::string_view name) {
  if (name.size() > kLongestName || !is_safe_text(name)) return false;
  if (std::count(name.begin(), name.end(), '/') > kMostSlashes) return false;
  while (true) {
    const std::size_t slash = name.find('/');
    if (!is_safe_component(name.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

}  // namespace zip
