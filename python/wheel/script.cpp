#include "python/wheel/script.h"

#include "python/wheel/names.h"
#include "python/wheel/wheel.h"
#include "store/platform/error.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

// sh runs the python beside this file; Python reads a string literal.
constexpr std::string_view kShebang = "#!/bin/sh\n";
constexpr std::string_view kExec =
    "'''exec' \"${0%/*}/python\" \"$0\" \"$@\"\n"
    "' '''";

bool is_identifier_byte(char c, bool is_first) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
  return is_letter || (!is_first && c >= '0' && c <= '9');
}

/// Whether the text has the form `a.b.c`, so that it cannot end the line or expression into which it is
/// inserted.
bool is_dotted_name(std::string_view text) {
  bool is_first = true;
  for (const char c : text) {
    if (c == '.' ? is_first : !is_identifier_byte(c, is_first)) return false;
    is_first = c == '.';
  }
  return !is_first && is_valid_utf8(text);
}

/// Whether both sh and Python skip the line.
bool is_blank_or_comment(std::string_view line) {
  const std::size_t start = line.find_first_not_of(" \t\r");
  return start == std::string_view::npos || line[start] == '#';
}

/// Whether the text begins with a plain string literal; bytes and f-strings are not docstrings.
bool begins_with_docstring(std::string_view text) {
  std::size_t prefix = 0;
  if (!text.empty() && std::string_view("rRuU").find(text[0]) != std::string_view::npos) prefix = 1;
  return text.size() > prefix && (text[prefix] == '"' || text[prefix] == '\'');
}

}  // namespace

std::string entry_point_script(std::string_view module, std::string_view attribute) {
  if (!is_dotted_name(module) || !is_dotted_name(attribute))
    throw Error(ErrorKind::invalid_input,
                format_text("cannot make a script of the entry point '{}:{}': it does not "
                            "name a function",
                            printable(module), printable(attribute)));
  return format_text(
      "{}{}\n"
      "import sys\n"
      "from {} import {}\n"
      "if __name__ == \"__main__\":\n"
      "    sys.exit({}())\n",
      kShebang, kExec, module, attribute.substr(0, attribute.find('.')), attribute);
}

bool asks_for_python(std::string_view content) {
  return content.starts_with("#!python");
}

std::string relocatable_script(std::string_view content) {
  std::size_t at = content.find('\n');
  std::string_view rest = at == std::string_view::npos ? std::string_view{} : content.substr(at + 1);
  std::string out(kShebang);
  // Keep leading comments before the exec line: one of the first two lines may declare the encoding.
  while (!rest.empty()) {
    at = rest.find('\n');
    std::string_view line = rest.substr(0, at);
    if (at == std::string_view::npos || !is_blank_or_comment(line)) break;
    rest.remove_prefix(at + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    // Drop white space of blank lines: sh would take some of it for a command.
    if (line.find('#') != std::string_view::npos) out += line;
    out += '\n';
  }
  out += kExec;
  // Join the docstring with the exec string: a second string would not be a docstring, and `from __future__`
  // may only follow a docstring.
  out += begins_with_docstring(rest) ? " \\\n" : "\n";
  return out.append(rest);
}

}  // namespace envstore
