#pragma once
#include <algorithm>
#include <array>
#include <regex>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

/// A second, slow implementation of "Version specifiers", from the regular expression of its appendix B and
/// the text of its rules. Uses no code of the library.
namespace oracle {

/// A number as length and digits, so that numbers of any length can be compared.
using Number = std::pair<std::size_t, std::string>;

inline Number number(std::string digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  return {digits.size(), digits};
}

struct Parts {
  Number epoch;
  std::vector<Number> release;
  std::vector<std::pair<char, Number>> pre;  // none or one; likewise post, dev
  std::vector<Number> post, dev;
  std::vector<std::tuple<bool, Number, std::string>> local;  // is it a number, the number, the word
};

inline std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

inline std::vector<std::string> split(const std::string& text, const std::string& separators) {
  std::vector<std::string> parts(1);
  for (const char c : text)
    if (separators.find(c) != std::string::npos)
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

inline Parts parse(const std::string& text) {
  static const std::regex kPattern(
      "\\s*v?(?:([0-9]+)!)?([0-9]+(?:\\.[0-9]+)*)"
      "([-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?([0-9]+)?)?"
      "(-([0-9]+)|[-_.]?(post|rev|r)[-_.]?([0-9]+)?)?"
      "([-_.]?(dev)[-_.]?([0-9]+)?)?"
      "(?:\\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?\\s*",
      std::regex::icase);
  std::smatch match;
  if (!std::regex_match(text, match, kPattern)) throw std::invalid_argument(text);
  Parts parts;
  parts.epoch = number(match[1]);
  for (const std::string& part : split(match[2], ".")) parts.release.push_back(number(part));
  if (match[3].matched) {
    const char letter = lower(match[4])[0];
    parts.pre.push_back({letter == 'a' || letter == 'b' ? letter : 'r', number(match[5])});
  }
  if (match[6].matched) parts.post.push_back(number(match[7].matched ? match[7] : match[9]));
  if (match[10].matched) parts.dev.push_back(number(match[12]));
  if (match[13].matched)
    for (const std::string& part : split(lower(match[13]), "-_.")) {
      const bool digits = part.find_first_not_of("0123456789") == std::string::npos;
      parts.local.push_back({digits, digits ? number(part) : Number{}, digits ? "" : part});
    }
  return parts;
}

inline std::vector<Number> padded(std::vector<Number> release, std::size_t size) {
  while (release.size() < size) release.push_back(Number{});
  return release;
}

/// The order `.devN, aN, bN, rcN, <no suffix>, .postN`, and within the prereleases `.devN, <no suffix>,
/// .postN`.
inline auto rank(const Parts& v) {
  const bool only_dev = v.pre.empty() && v.post.empty() && !v.dev.empty();
  const std::pair<char, Number> pre = only_dev        ? std::pair{'A', Number{}}
                                      : v.pre.empty() ? std::pair{'z', Number{}}
                                                      : v.pre[0];
  return std::tuple(pre, v.post, v.dev.empty(), v.dev);
}

inline bool is_prerelease(const Parts& v) {
  return !v.pre.empty() || !v.dev.empty();
}

inline int order_public(const Parts& a, const Parts& b) {
  const std::size_t size = std::max(a.release.size(), b.release.size());
  const auto left = std::tuple(a.epoch, padded(a.release, size), rank(a));
  const auto right = std::tuple(b.epoch, padded(b.release, size), rank(b));
  return left < right ? -1 : right < left ? 1 : 0;
}

inline int order(const Parts& a, const Parts& b) {
  if (const int result = order_public(a, b); result != 0) return result;
  return a.local < b.local ? -1 : b.local < a.local ? 1 : 0;
}

inline bool has_prefix(const Parts& v, const Parts& prefix, std::size_t count) {
  const auto mine = padded(v.release, count);
  return v.epoch == prefix.epoch &&
         std::equal(mine.begin(), mine.begin() + static_cast<std::ptrdiff_t>(count),
                    padded(prefix.release, count).begin());
}

inline bool same_release(const Parts& a, const Parts& b) {
  const std::size_t size = std::max(a.release.size(), b.release.size());
  return a.epoch == b.epoch && padded(a.release, size) == padded(b.release, size);
}

/// Whether the clause matches. The clause must be valid.
inline bool matches(const std::string& op, const std::string& text, const std::string& candidate) {
  const Parts v = parse(candidate);
  if (op == "!=") return !matches("==", text, candidate);
  if (op == "==" && text.ends_with(".*")) {
    const Parts prefix = parse(text.substr(0, text.size() - 2));
    return has_prefix(v, prefix, prefix.release.size());
  }
  const Parts wanted = parse(text);
  const int compared = order_public(v, wanted);
  if (op == "==") return compared == 0 && (wanted.local.empty() || wanted.local == v.local);
  if (op == "~=") return compared >= 0 && has_prefix(v, wanted, wanted.release.size() - 1);
  if (op == "<=") return compared <= 0;
  if (op == ">=") return compared >= 0;
  if (op == "<") {
    // The prereleases of 1.0 are those of the same release; the prereleases of 1.0.post1 are the development
    // releases of that post release.
    const bool leads_up = same_release(v, wanted) && is_prerelease(v) &&
                          (wanted.post.empty() || (v.pre.empty() && v.post == wanted.post));
    return compared < 0 && (is_prerelease(wanted) || !leads_up);
  }
  if (op == ">") {
    const bool follows =
        same_release(v, wanted) && v.pre == wanted.pre && wanted.dev.empty() && !v.post.empty();
    return compared > 0 && (!wanted.post.empty() || !follows);
  }
  throw std::invalid_argument(op);
}

}  // namespace oracle
