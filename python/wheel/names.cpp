#include "python/wheel/names.h"

#include <algorithm>

#include "store/platform/terminal_text.h"
#include "zip/names.h"

namespace envstore {
namespace {

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

bool is_safe_script_name(std::string_view name) {
  return name.find('/') == std::string_view::npos && zip::is_safe_name(name) && name != "__pycache__" &&
         !is_interpreter_name(name);
}

}  // namespace envstore
