#include "cli/options/env_file.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/user_file.h"

namespace envstore {
namespace {

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_name(char c) {
  return is_name_start(c) || (c >= '0' && c <= '9') || c == '.';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

void set(VariableList& variables, const std::string& name, std::string value) {
  const auto found =
      std::find_if(variables.begin(), variables.end(), [&](const auto& v) { return v.first == name; });
  if (found == variables.end())
    variables.emplace_back(name, std::move(value));
  else
    found->second = std::move(value);
}

bool has(const VariableList& variables, const std::string& name) {
  return std::any_of(variables.begin(), variables.end(), [&](const auto& v) { return v.first == name; });
}

/// A CR without LF also ends a line.
std::string with_line_feeds(std::string_view text) {
  std::string result(text);
  for (std::size_t at = result.find('\r'); at != std::string::npos; at = result.find('\r', at + 1))
    if (at + 1 == result.size() || result[at + 1] != '\n') result[at] = '\n';
  return result;
}

class EnvFileReader {
 public:
  EnvFileReader(std::string text, const std::string& path, const Lookup& lookup)
      : text_(std::move(text)), path_(path), lookup_(lookup) {}

  VariableList read() {
    if (text_.find('\0') != std::string::npos) {
      at_ = text_.find('\0');
      fail("a NUL byte cannot be in an environment");
    }
    while (skip_to_entry()) read_entry();
    return std::move(variables_);
  }

 private:
  bool done() const { return at_ == text_.size(); }
  char now() const { return done() ? '\0' : text_[at_]; }

  bool skip_to_entry() {
    while (!done()) {
      if (is_blank(now()) || now() == '\n')
        ++at_;
      else if (now() == '#')
        skip_line();
      else
        return true;
    }
    return false;
  }

  void skip_line() { at_ = std::min(text_.find('\n', at_), text_.size()); }
  void skip_blanks() {
    while (!done() && is_blank(now())) ++at_;
  }

  void read_entry() {
    std::string name = read_name();
    skip_blanks();
    if (name == "export" && is_name_start(now())) {
      name = read_name();
      skip_blanks();
      if (is_bare_export()) return;
    }
    if (now() != '=') fail("a line must read NAME=value");
    ++at_;
    skip_blanks();
    std::string value = now() == '#' ? "" : read_value();
    skip_blanks();
    if (now() == '#') skip_line();
    if (!done() && now() != '\n') fail("something follows the value: quote it if it holds blanks");
    if (!has(variables_, name)) set(variables_, name, std::move(value));
  }

  /// `export NAME ...` without a value sets nothing.
  bool is_bare_export() {
    const std::size_t begin = at_;
    while (is_name_start(now())) {
      read_name();
      skip_blanks();
    }
    if (done() || now() == '\n' || now() == '#') return true;
    at_ = begin;
    return false;
  }

  std::string read_name() {
    const std::size_t begin = at_;
    if (!is_name_start(now())) fail("a name must begin with a letter or _");
    while (is_name(now())) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  /// Reads quoted and bare pieces up to a blank or the end of the line.
  std::string read_value() {
    std::string value;
    while (!done() && now() != '\n' && !is_blank(now())) {
      if (now() == '\'')
        read_literal(value);
      else if (now() == '"')
        read_quoted(value);
      else
        read_bare_character(value);
    }
    return value;
  }

  void read_literal(std::string& value) {
    const std::size_t end = text_.find('\'', at_ + 1);
    if (end == std::string_view::npos) fail("the quote is not closed");
    value += text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
  }

  void read_quoted(std::string& value) {
    const std::size_t begin = at_++;
    while (!done() && now() != '"') {
      if (now() == '\\')
        read_escape(value);
      else
        read_bare_character(value);
    }
    if (done()) {
      at_ = begin;
      fail("the quote is not closed");
    }
    ++at_;
  }

  void read_bare_character(std::string& value) {
    if (now() == '\\')
      read_escape(value);
    else if (now() == '$')
      read_reference(value);
    else
      value += text_[at_++];
  }

  void read_escape(std::string& value) {
    ++at_;
    if (done()) fail("a backslash ends the file");
    const char c = text_[at_++];
    switch (c) {
      case 'n':
        value += '\n';
        break;
      case 't':
        value += '\t';
        break;
      case 'r':
        value += '\r';
        break;
      case '\\':
      case '"':
      case '\'':
      case '$':
      case ' ':
        value += c;
        break;
      default:
        (value += '\\') += c;
    }
  }

  void read_reference(std::string& value) {
    ++at_;
    if (now() == '{') {
      const std::size_t close = text_.find_first_of("}\n", at_);
      if (close == std::string_view::npos || text_[close] == '\n') fail("'${' is not closed");
      const std::string inside = text_.substr(at_ + 1, close - at_ - 1);
      const std::size_t colon = inside.find(":-");
      const auto found = find(inside.substr(0, colon));
      if (found && !found->empty())
        value += *found;
      else if (colon != std::string_view::npos)
        value += inside.substr(colon + 2);
      at_ = close + 1;
    } else if (is_name_start(now())) {
      const std::size_t begin = at_;
      while (is_name(now()) && now() != '.') ++at_;
      value += find(text_.substr(begin, at_ - begin)).value_or("");
    } else {
      value += '$';
    }
  }

  /// The environment has priority: a file never overrides it.
  std::optional<std::string> find(const std::string& name) const {
    if (auto outside = lookup_(name)) return outside;
    for (const auto& [known, value] : variables_)
      if (known == name) return value;
    return std::nullopt;
  }

  [[noreturn]] void fail(const std::string& why) const {
    const auto end = text_.begin() + static_cast<std::ptrdiff_t>(at_);
    const auto line = 1 + std::count(text_.begin(), end, '\n');
    throw Error(ErrorKind::usage, "cannot read '" + path_ + "': line " + std::to_string(line) + ": " + why);
  }

  const std::string text_;
  const std::string path_;
  const Lookup& lookup_;
  std::size_t at_ = 0;
  VariableList variables_;
};

}  // namespace

VariableList parse_env_file(std::string_view text, const std::string& path, const Lookup& lookup) {
  return EnvFileReader(with_line_feeds(text), path, lookup).read();
}

std::vector<std::string> split_env_files(std::string_view text) {
  std::vector<std::string> paths;
  std::string path;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool ends_here = is_blank(text[at]) || text[at] == '\n';
    if (ends_here && !path.empty()) paths.push_back(std::exchange(path, {}));
    if (ends_here) continue;
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    path += text[at];
  }
  if (!path.empty()) paths.push_back(path);
  return paths;
}

VariableList read_env_files(const std::vector<std::string>& paths) {
  constexpr std::size_t kLimit = std::size_t{1} << 24;
  VariableList merged;
  for (const std::string& path : paths) {
    const auto text = read_user_text(path, kLimit);
    if (!text)
      throw Error(ErrorKind::usage, "cannot read '" + path + "': no such file",
                  "it was named by --env-file or UV_ENV_FILE");
    for (auto& [name, value] : parse_env_file(*text, path, find_variable))
      if (!find_variable(name)) set(merged, name, std::move(value));
  }
  return merged;
}

}  // namespace envstore
