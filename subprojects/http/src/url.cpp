#include "http/url.h"

#include <algorithm>
#include <vector>

#include "text.h"

namespace http {
namespace {

bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool has_forbidden(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f;
  });
}

/// The length of the scheme at the start of the text (without the colon), or 0.
std::size_t scheme_length(std::string_view text) {
  if (text.empty() || !is_alpha(text[0])) return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ':') return i;
    if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return 0;
  }
  return 0;
}

bool is_port(std::string_view text) {
  if (text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit)) return false;
  int value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  return value <= 65535;
}

/// Splits `user@host:port`; false: it is malformed.
bool read_authority(std::string_view authority, Url& url) {
  // Split at the last @, so that nothing before it is sent as a host name.
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.userinfo = std::string(authority.substr(0, at));
    authority.remove_prefix(at + 1);
  }
  std::size_t colon = authority.rfind(':');
  if (!authority.empty() && authority[0] == '[') {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return false;
    colon = authority.find(':', end);
    if (end + 1 != (colon == std::string_view::npos ? authority.size() : colon)) return false;
  }
  if (colon != std::string_view::npos) {
    url.port = std::string(authority.substr(colon + 1));
    if (!is_port(url.port)) return false;
    authority = authority.substr(0, colon);
  }
  url.host = to_lower(authority);
  const bool is_bracketed = url.host.starts_with('[');
  return url.host.find_first_of(is_bracketed ? "\\%<>\"'|^`{}" : "\\%<>\"'|^`{}[]:") == std::string::npos;
}

/// Removes fragment and query from the end of `text`.
void take_tail(std::string_view& text, Url& url) {
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    url.fragment = std::string(text.substr(hash + 1));
    text = text.substr(0, hash);
  }
  if (const std::size_t mark = text.find('?'); mark != std::string_view::npos) {
    url.query = std::string(text.substr(mark + 1));
    text = text.substr(0, mark);
  }
}

/// RFC 3986 section 5.2.4.
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  const bool is_rooted = path.starts_with('/');
  bool ends_in_slash = false;
  std::size_t start = is_rooted ? 1 : 0;
  while (start <= path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view segment = path.substr(start, end - start);
    const bool is_last = end == path.size();
    ends_in_slash = is_last && (segment.empty() || segment == "." || segment == "..");
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segment != "." && !(is_last && segment.empty())) {
      kept.push_back(segment);
    }
    start = end + 1;
  }
  std::string result;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (i > 0 || is_rooted) result += '/';
    result += kept[i];
  }
  if (ends_in_slash && (!kept.empty() || is_rooted)) result += '/';
  return result;
}

std::string merged_path(const Url& base, std::string_view path) {
  if (base.path.empty()) return "/" + std::string(path);
  const std::size_t slash = base.path.rfind('/');
  return base.path.substr(0, slash == std::string::npos ? 0 : slash + 1) + std::string(path);
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<Url> Url::parse(std::string_view text) {
  if (has_forbidden(text)) return std::nullopt;
  const std::size_t length = scheme_length(text);
  if (length == 0) return std::nullopt;
  Url url;
  url.scheme = to_lower(text.substr(0, length));
  text.remove_prefix(length + 1);
  take_tail(text, url);
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    const std::size_t slash = std::min(text.find('/'), text.size());
    if (!read_authority(text.substr(0, slash), url)) return std::nullopt;
    text.remove_prefix(slash);
  }
  url.path = std::string(text);
  if (url.is_http() && url.host.empty()) return std::nullopt;
  return url;
}

std::string Url::text() const {
  std::string result = scheme + ":";
  if (!host.empty() || userinfo || !port.empty() || path.starts_with("//") ||
      (is_file() && path.starts_with('/'))) {
    result += "//";
    if (userinfo) result += *userinfo + "@";
    result += host;
    if (!port.empty()) result += ":" + port;
  }
  result += path;
  if (query) result += "?" + *query;
  if (fragment) result += "#" + *fragment;
  return result;
}

std::string Url::origin() const {
  const std::string_view usual = scheme == "https" ? "443" : "80";
  return scheme + "://" + host + ":" + (port.empty() ? std::string(usual) : port);
}

std::optional<Url> resolve_url(const Url& base, std::string_view reference) {
  if (has_forbidden(reference)) return std::nullopt;
  if (scheme_length(reference) > 0) {
    std::optional<Url> url = Url::parse(reference);
    if (url && (url->is_http() || url->is_file())) url->path = without_dot_segments(url->path);
    return url;
  }
  if (reference.starts_with("//")) return resolve_url(base, base.scheme + ":" + std::string(reference));
  Url url = base;
  url.userinfo.reset();
  url.fragment.reset();
  Url tail;
  take_tail(reference, tail);
  url.fragment = tail.fragment;
  if (reference.empty()) {
    if (tail.query) url.query = tail.query;
    return url;
  }
  url.query = tail.query;
  url.path =
      without_dot_segments(reference[0] == '/' ? std::string(reference) : merged_path(base, reference));
  return url;
}

std::string percent_decode(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        result += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    result += text[i];
  }
  return result;
}

std::string percent_encode_path(std::string_view path) {
  constexpr std::string_view kSafe = "-._~!$&'()*+,;=:@/";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  for (const char c : path) {
    if (is_alpha(c) || is_digit(c) || kSafe.find(c) != std::string_view::npos) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += '%';
      result += kHex[byte >> 4];
      result += kHex[byte & 15];
    }
  }
  return result;
}

}  // namespace http
