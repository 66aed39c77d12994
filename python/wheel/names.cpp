#include "python/wheel/names.h"

#include <algorithm>
#include <cstddef>

#include "store/objects/tree.h"
#include "store/platform/terminal_text.h"

namespace envstore {
namespace {

// Leaves room for the tree's own prefix (`include/`) and a distribution's directory under it.
constexpr std::size_t kLongestName = 3500;
// Far above real wheels; checks cost time for each level of each name.
constexpr std::ptrdiff_t kDeepest = 100;

/// Whether the name has a control character: C0, DEL, or C1 encoded as UTF-8.
bool has_control(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    if (byte < 0x20 || byte == 0x7f) return true;
    if (byte == 0xc2 && i + 1 < name.size() && static_cast<unsigned char>(name[i + 1]) < 0xa0) return true;
  }
  return false;
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
  return terminal_line(name);
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
  if (name.empty() || name.size() > kLongestName || has_control(name) || !is_valid_utf8(name)) return false;
  if (std::count(name.begin(), name.end(), '/') > kDeepest) return false;
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
