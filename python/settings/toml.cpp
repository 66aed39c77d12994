#include "python/settings/toml.h"

#include <algorithm>
#include <vector>

namespace envstore {
namespace {

// Together with TOML_MAX_NESTED_VALUES this bounds the recursion depth of the destructors of nested tables.
constexpr std::size_t kLongestKey = 64;

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '+' || static_cast<unsigned char>(c) >= 0x80;
}

/// The end of the quoted text that begins at `at`; escapes are skipped.
std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (++at; at < text.size() && text[at] != '\n'; ++at) {
    if (text[at] == quote) return at + 1;
    if (text[at] == '\\' && quote == '"') ++at;
  }
  return std::min(at, text.size());
}

/// Rejects `a.b.c` with more than kLongestKey parts anywhere in the text: only keys have that form.
void check_keys(std::string_view text) {
  std::size_t parts = 0;
  std::size_t line = 1, line_begin = 0;
  bool is_after_dot = false;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == ' ' || c == '\t') {
      ++at;
      continue;
    }
    const bool is_part = is_bare(c) || c == '"' || c == '\'';
    if (is_part) {
      parts = is_after_dot ? parts + 1 : 1;
      if (parts > kLongestKey)
        throw TomlError(
            {static_cast<toml::source_index>(line), static_cast<toml::source_index>(at - line_begin + 1)},
            "a key has more than " + std::to_string(kLongestKey) + " parts");
      is_after_dot = false;
      if (!is_bare(c)) {
        at = end_of_quoted(text, at);
        continue;
      }
      while (at < text.size() && is_bare(text[at])) ++at;
      continue;
    }
    is_after_dot = c == '.' && parts > 0 && !is_after_dot;
    if (!is_after_dot) parts = 0;
    ++at;
    if (c == '\n') {
      ++line;
      line_begin = at;
    }
  }
}

bool asserts(std::string_view text) {
  try {
    (void)toml::parse(text);
  } catch (const toml::parse_error&) {
    return false;
  } catch (const std::invalid_argument&) {
    return true;
  }
  return false;
}

/// The first line at whose end the parser fails an assertion: a failed assertion has no position of its own.
toml::source_index line_of_assertion(std::string_view text) {
  std::vector<std::size_t> ends;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
    ends.push_back(at + 1);
  ends.push_back(text.size());
  const auto first = std::partition_point(ends.begin(), ends.end() - 1,
                                          [&](std::size_t end) { return !asserts(text.substr(0, end)); });
  return static_cast<toml::source_index>(first - ends.begin() + 1);
}

}  // namespace

toml::table parse_toml(std::string_view text) {
  check_keys(text);
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw TomlError(error.source().begin, std::string(error.description()));
  } catch (const std::invalid_argument& error) {
    throw TomlError({line_of_assertion(text), 1}, error.what());
  }
}

}  // namespace envstore
