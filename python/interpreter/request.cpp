#include <algorithm>
#include <array>

#include "python/interpreter/interpreter.h"
#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

using pypackaging::SpecifierSet;

bool is_digit(char character) {
  return character >= '0' && character <= '9';
}

[[noreturn]] void refuse(std::string_view text, std::string_view reason) {
  throw Error(ErrorKind::usage, format_text("cannot understand the Python request '{}': {}", text, reason),
              "write a version (3.12), a range (>=3.11,<3.13), a name (pypy3.9) or a path");
}

struct Prefix {
  std::string_view spelling, implementation;
};
// Longer spellings first. `cp` and `pp` are the abbreviations of wheel tags.
constexpr std::array kPrefixes = {Prefix{"cpython", "cpython"}, Prefix{"graalpy", "graalpy"},
                                  Prefix{"python", ""},         Prefix{"pypy", "pypy"},
                                  Prefix{"cp", "cpython"},      Prefix{"pp", "pypy"},
                                  Prefix{"gp", "graalpy"}};

/// `312` means 3.12, as in wheel tags; `3`, `3.12` and `3.12.1rc1` stay as they are.
std::string with_dots(std::string_view version) {
  const auto is_all_digits = std::all_of(version.begin(), version.end(), is_digit);
  if (!is_all_digits || version.size() < 2 || version.size() > 4) return std::string(version);
  return format_text("{}.{}", version.substr(0, 1), version.substr(1));
}

/// Removes a suffix `t`, `+freethreaded` or `+gil`. True: free-threaded; false: with GIL; nullopt: no suffix.
std::optional<bool> take_variant(std::string& version) {
  const auto take = [&](std::string_view suffix) {
    if (!version.ends_with(suffix)) return false;
    version.resize(version.size() - suffix.size());
    return true;
  };
  if (take("+freethreaded")) return true;
  if (take("+gil")) return false;
  if (version.size() > 1 && is_digit(version[version.size() - 2]) && take("t")) return true;
  return std::nullopt;
}

/// A version matches all versions that begin with it: `3.12` is ==3.12.*, `3.12.1` is ==3.12.1.
std::optional<SpecifierSet> versions_of(const std::string& text) {
  if (text.empty()) return SpecifierSet();
  const bool is_version = is_digit(text[0]);
  const bool is_whole = is_version && (std::count(text.begin(), text.end(), '.') >= 2 ||
                                       text.find_first_not_of("0123456789.") != std::string::npos);
  auto parsed = SpecifierSet::parse(is_version ? format_text("=={}{}", text, is_whole ? "" : ".*") : text);
  if (!parsed) return std::nullopt;
  return std::move(*parsed);
}

bool is_range(std::string_view text) {
  return text.find_first_of("<>=!~") != std::string_view::npos;
}

/// Fills the version part of `request`; false: not a version.
bool read_version(InterpreterRequest& request, std::string version) {
  const bool range = is_range(version);
  request.free_threaded = take_variant(version);
  if (!range) version = with_dots(version);
  if (!version.empty() && !range && !is_digit(version[0])) return false;
  auto versions = versions_of(version);
  if (!versions) return false;
  request.versions = std::move(*versions);
  request.kind = InterpreterRequest::Kind::version;
  return true;
}

bool read_prefixed(InterpreterRequest& request, const std::string& text) {
  for (const Prefix& prefix : kPrefixes) {
    if (!text.starts_with(prefix.spelling)) continue;
    std::string rest = text.substr(prefix.spelling.size());
    const bool has_at = rest.starts_with('@');
    if (has_at) rest.erase(0, 1);
    // `cpython-3.12`, `cpython-3.12.1-linux-x86_64-gnu`: the platform part is ignored.
    if (rest.starts_with('-') && prefix.spelling == prefix.implementation)
      rest = rest.substr(1, rest.find('-', 1) - 1);
    if (has_at && rest.empty()) return false;
    if (!read_version(request, rest)) return false;
    request.implementation = prefix.implementation;
    if (rest.empty() && prefix.implementation.empty()) request.kind = InterpreterRequest::Kind::any;
    return true;
  }
  return false;
}

}  // namespace

InterpreterRequest InterpreterRequest::parse(std::string_view text) {
  InterpreterRequest request;
  request.text = trimmed(text);
  if (request.text.find('\0') != std::string::npos) refuse(text, "it has a null character");
  std::string word = to_lower(request.text);
  if (word.starts_with("python ")) word = "python" + std::string(trimmed(word.substr(7)));
  if (word.size() > 1 && word[0] == 'v' && is_digit(word[1])) word.erase(0, 1);
  if (word.empty() || word == "default" || word == "any") return request;
  if (request.text.find('/') != std::string::npos || request.text == "." || request.text == ".." ||
      request.text.starts_with('~')) {
    // `~=3.11` begins like a home directory.
    if (!word.starts_with("~=")) {
      request.kind = Kind::path;
      return request;
    }
  }
  if (is_digit(word[0]) ||
      (is_range(word) && std::string_view("<>=!~").find(word[0]) != std::string_view::npos)) {
    if (!read_version(request, word)) refuse(text, "it is no version");
    return request;
  }
  if (read_prefixed(request, word)) return request;
  request = InterpreterRequest{};
  request.text = trimmed(text);
  if (word.find('@') != std::string::npos || is_range(word)) refuse(text, "it is no version");
  request.kind = Kind::executable_name;
  return request;
}

}  // namespace envstore
