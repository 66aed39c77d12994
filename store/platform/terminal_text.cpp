#include "store/platform/terminal_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "store/platform/text.h"

namespace envstore {
namespace {

constexpr std::size_t kLongestMessage = 32 * 1024;

void append_escaped(std::string& out, std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.append("\\x").append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
  }
}

std::uint32_t code_point(std::string_view sequence) {
  const auto bits = [&](std::size_t i) { return static_cast<std::uint32_t>(sequence[i]) & 0x3f; };
  switch (sequence.size()) {
    case 1:
      return static_cast<unsigned char>(sequence[0]);
    case 2:
      return (static_cast<std::uint32_t>(sequence[0]) & 0x1f) << 6 | bits(1);
    case 3:
      return (static_cast<std::uint32_t>(sequence[0]) & 0x0f) << 12 | bits(1) << 6 | bits(2);
    default:
      return (static_cast<std::uint32_t>(sequence[0]) & 0x07) << 18 | bits(1) << 12 | bits(2) << 6 | bits(3);
  }
}

void append_json_escaped(std::string& out, std::string_view sequence) {
  constexpr std::uint32_t kReplacement = 0xfffd, kFirstPair = 0x10000;
  const auto append_unit = [&](std::uint32_t unit) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[unit >> shift & 15];
  };
  const std::uint32_t point = utf8_length(sequence) == 0 ? kReplacement : code_point(sequence);
  if (point < kFirstPair) return append_unit(point);
  append_unit(0xd800 + ((point - kFirstPair) >> 10));
  append_unit(0xdc00 + ((point - kFirstPair) & 0x3ff));
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

enum class Lines { one, several, json };

/// Cuts `text` off at about `most` bytes of output.
std::string escaped(std::string_view text, std::size_t most, Lines lines) {
  std::string out;
  while (!text.empty() && out.size() < most) {
    const std::size_t length = utf8_length(text);
    const std::string_view sequence = text.substr(0, std::max<std::size_t>(length, 1));
    const bool is_layout = lines != Lines::one && (text[0] == '\n' || text[0] == '\t');
    if (length > 0 && (is_layout || !steers_terminal(sequence)))
      out += sequence;
    else if (lines == Lines::json)
      append_json_escaped(out, sequence);
    else
      append_escaped(out, sequence);
    text.remove_prefix(sequence.size());
  }
  if (text.empty()) return out;
  return lines == Lines::one ? out + "..." : out + "... (" + std::to_string(text.size()) + " bytes more)";
}

/// `authority` without trailing punctuation of the surrounding message.
std::string_view without_punctuation(std::string_view authority) {
  return authority.substr(0, authority.find_last_not_of("'\"`:;,.)>") + 1);
}

/// `[host]:80`, `host:`, `host`.
bool is_host_and_port(std::string_view authority) {
  authority = without_punctuation(authority);
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  return colon == std::string_view::npos ||
         authority.substr(colon + 1).find_first_not_of("0123456789") == std::string_view::npos;
}

/// The last `@` that can end a password with a blank in it. An `@` after a blank is part of the message
/// (`name @ URL`).
std::size_t find_inner_at(std::string_view text) {
  for (std::size_t at = text.rfind('@'); at != std::string_view::npos && at > 0; at = text.rfind('@', at - 1))
    if (!is_blank(text[at - 1])) return at;
  return std::string_view::npos;
}

/// Length of the user and password at the start of `line`, the text from after `://` to the end of the line.
/// Both may contain characters that are not allowed in a URL: blanks, slashes, further `@`.
std::size_t userinfo_length(std::string_view line) {
  if (line.starts_with("USER:PASSWORD@")) return 0;  // the placeholder in the hints of envstore itself
  const std::size_t end = std::min(line.find_first_of("/?# \t"), line.size());
  const std::string_view authority = line.substr(0, end);
  std::size_t at = authority.rfind('@');
  const bool is_host = is_host_and_port(authority.substr(at + 1));
  const bool is_over = is_host && without_punctuation(authority).size() < authority.size();
  // A quote ends the URL.
  const std::string_view quoted = line.substr(0, std::min(line.find_first_of("'\"<>`", end), line.size()));
  if (!is_over && end < line.size() && is_blank(line[end])) {
    const std::size_t further = find_inner_at(quoted.substr(0, quoted.find_first_of("/?#", end)));
    if (further != std::string_view::npos) at = further;
  }
  if (at == std::string_view::npos && !is_host) at = find_inner_at(quoted);
  if (at != std::string_view::npos) return at + 1;
  // Not a host: it is the user and the start of a password, cut at a blank.
  return is_host ? 0 : end;
}

/// The position after the next `://`, or after the `http:/` that path normalisation leaves of it; the end of
/// `text` if there is none.
std::size_t start_of_address(std::string_view text) {
  for (std::size_t at = text.find(":/"); at != std::string_view::npos; at = text.find(":/", at + 1)) {
    if (text.substr(at).starts_with("://")) return at + 3;
    if (text.substr(0, at).ends_with("http") || text.substr(0, at).ends_with("https")) return at + 2;
  }
  return text.size();
}

/// True if a query parameter of this name holds a secret.
bool is_secret_name(std::string_view name) {
  constexpr std::array<std::string_view, 11> kWords = {"token",      "secret",    "passw",   "pwd",
                                                       "apikey",     "api_key",   "api-key", "auth",
                                                       "credential", "signature", "session"};
  const std::string lower = to_lower(name);
  return lower == "key" || lower == "sig" || lower == "policy" || lower == "key-pair-id" ||
         std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

/// `address` is `host/path?name=value&...`, possibly with text of the surrounding message.
void append_without_secret_values(std::string& out, std::string_view address) {
  const std::size_t query = std::min(address.find('?'), address.size());
  out += address.substr(0, query);
  address.remove_prefix(query);
  while (!address.empty()) {
    const std::size_t end = std::min(address.find_first_of("&#'\"<>,;)", 1), address.size());
    const std::string_view parameter = address.substr(0, end);
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const bool is_secret = equals < parameter.size() && is_secret_name(parameter.substr(1, equals - 1));
    out += is_secret ? parameter.substr(0, equals + 1) : parameter;
    address.remove_prefix(end);
  }
}

}  // namespace

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

bool steers_terminal(std::string_view sequence) {
  const std::uint32_t point = code_point(sequence);
  const auto is_within = [&](std::uint32_t first, std::uint32_t last) {
    return point >= first && point <= last;
  };
  return point < 0x20 || is_within(0x7f, 0x9f) || point == 0x61c || point == 0xfeff ||
         is_within(0x200e, 0x200f) || is_within(0x2028, 0x202e) || is_within(0x2066, 0x2069) ||
         is_within(0xfff9, 0xfffb) || is_within(0xe0000, 0xe007f);
}

std::string terminal_line(std::string_view text, std::size_t most) {
  return escaped(text, most, Lines::one);
}

std::string terminal_text(std::string_view text) {
  // Secrets are removed before the cut: a URL that was cut before its `@` would not be recognised.
  return escaped(without_secrets(text), kLongestMessage, Lines::several);
}

namespace {

/// Each string is filtered alone: a secret at its end does not extend to the next string.
std::string json_without_secrets(std::string_view json) {
  std::string out;
  while (!json.empty()) {
    std::size_t end = 0;
    while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
    end = std::min(end, json.size());
    out += without_secrets(json.substr(0, end));
    if (end < json.size()) out += json[end++];
    json.remove_prefix(end);
  }
  return out;
}

}  // namespace

std::string terminal_results(std::string_view text) {
  const bool is_json = text.starts_with('{') || text.starts_with('[');
  if (is_json) return escaped(json_without_secrets(text), std::string::npos, Lines::json);
  return escaped(without_secrets(text), std::string::npos, Lines::several);
}

std::string without_secrets(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t start = start_of_address(text);
    out += text.substr(0, start);
    text.remove_prefix(start);
    if (text.empty()) return out;
    // Another URL may follow without a blank; the next iteration handles it.
    const std::string_view rest = text.substr(0, text.find("://"));
    const std::string_view behind = rest.substr(userinfo_length(rest.substr(0, rest.find_first_of("\r\n"))));
    const std::string_view address = behind.substr(0, behind.find_first_of(" \t\r\n"));
    append_without_secret_values(out, address);
    text.remove_prefix(rest.size() - behind.size() + address.size());
  }
}

}  // namespace envstore
