#include "python/wheel/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "store/tree.h"

namespace envstore {
namespace {

constexpr std::size_t kLongestShown = 200;
// Leaves room for the tree's own prefix (`include/`) and a distribution's directory under it.
constexpr std::size_t kLongestName = 3500;

/// Length of the well-formed UTF-8 sequence at the start of `text` (Unicode table 3-7), 0 if there is none.
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

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_interpreter_name(std::string_view name) {
  if (name == "pythonw") return true;
  if (!name.starts_with("python")) return false;
  const std::string_view rest = name.substr(6);
  return std::all_of(rest.begin(), rest.end(), [](char c) { return is_digit(c) || c == '.'; });
}

}  // namespace

std::string printable(std::string_view name) {
  std::string out;
  while (!name.empty() && out.size() < kLongestShown) {
    const std::size_t length = utf8_length(name);
    if (length == 0 || is_control(name[0])) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(name[0]));
      name.remove_prefix(1);
    } else {
      out += name.substr(0, length);
      name.remove_prefix(length);
    }
  }
  return name.empty() ? out : out + "...";
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_safe_member_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName || std::any_of(name.begin(), name.end(), is_control))
    return false;
  if (!is_valid_utf8(name)) return false;
  while (true) {
    const std::size_t slash = name.find('/');
    const std::string_view component = name.substr(0, slash);
    if (component != "__pycache__" && !is_safe_path(component)) return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

bool is_safe_script_name(std::string_view name) {
  return name.find('/') == std::string_view::npos && is_safe_member_name(name) && name != "__pycache__" &&
         !is_interpreter_name(name);
}

}  // namespace envstore
