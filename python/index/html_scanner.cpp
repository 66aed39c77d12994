#include <algorithm>
#include <array>
#include <vector>

#include "python/index/html_readers.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

// Elements whose tags, in any order and number, never affect which anchors a browser finds. Not tables
// (misplaced content in them is moved), raw text, foreign content or base.
constexpr std::array<std::string_view, 17> kPlainElements = {"html", "head", "body", "meta", "link", "h1",
                                                             "h2",   "h3",   "p",    "br",   "div",  "hr",
                                                             "ul",   "ol",   "li",   "span", "pre"};

constexpr std::size_t kLongestTag = 64 * 1024;
constexpr std::size_t kMostAttributes = 64;  // each is compared with all previous ones

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_name(std::string_view name, std::string_view lower_name) {
  return name.size() == lower_name.size() && std::equal(name.begin(), name.end(), lower_name.begin(),
                                                        [](char a, char b) { return to_lower(a) == b; });
}

/// One decimal or hexadecimal reference without its `&#` and `;`. Returns printable ASCII, or 0: leave it to
/// the parser.
char numeric_reference(std::string_view digits) {
  int base = 10;
  if (!digits.empty() && to_lower(digits[0]) == 'x') {
    base = 16;
    digits.remove_prefix(1);
  }
  if (digits.empty() || digits.size() > 4) return 0;
  int value = 0;
  for (const char c : digits) {
    const char l = to_lower(c);
    int digit = 16;
    if (l >= '0' && l <= '9') digit = l - '0';
    if (l >= 'a' && l <= 'f') digit = l - 'a' + 10;
    if (digit >= base) return 0;
    value = value * base + digit;
  }
  return value >= 0x20 && value < 0x7f ? static_cast<char>(value) : '\0';
}

char reference(std::string_view name) {
  if (name == "gt") return '>';
  if (name == "lt") return '<';
  if (name == "amp") return '&';
  if (name == "quot") return '"';
  if (name.starts_with('#')) return numeric_reference(name.substr(1));
  return 0;
}

/// Whether the parser may change the byte: it replaces invalid UTF-8 and control characters and normalises
/// line ends.
bool is_changed_by_parser(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x7f || (byte < 0x20 && c != '\t' && c != '\n' && c != '\f');
}

/// Resolves character references; false: an unknown reference, or bytes that the parser would change.
bool decode_attribute(std::string_view raw, std::string& out) {
  out.clear();
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const char c = raw[i];
    if (is_changed_by_parser(c)) return false;
    if (c != '&') {
      out += c;
      continue;
    }
    const std::size_t end = raw.substr(0, std::min(raw.size(), i + 8)).find(';', i);
    if (end == std::string_view::npos) return false;
    const char decoded = reference(raw.substr(i + 1, end - i - 1));
    if (decoded == 0) return false;
    out += decoded;
    i = end;
  }
  return true;
}

struct MetaAttributes {
  std::optional<std::string> name, content;
};

class Scanner {
 public:
  Scanner(std::string_view body, const std::string& page_url, PageBuilder& builder)
      : body_(body), page_url_(page_url), builder_(builder) {}

  bool scan() {
    if (body_.find('\0') != std::string_view::npos) return false;
    while (true) {
      at_ = body_.find('<', at_);
      if (at_ == std::string_view::npos) return !in_anchor_;
      if (++at_ >= body_.size() || !markup()) return false;
    }
  }

 private:
  bool markup() {
    if (body_[at_] == '!') return !in_anchor_ && declaration();
    if (body_[at_] == '/') {
      ++at_;
      return close_tag();
    }
    return open_tag();
  }

  /// A comment or the doctype, only in unambiguous spellings.
  bool declaration() {
    if (body_.substr(at_).starts_with("!--")) {
      const std::size_t start = at_ + 3;
      const std::size_t dashes = body_.find("--", start);
      if (dashes == std::string_view::npos || body_.substr(start, 1) == ">" ||
          body_.substr(start, 2) == "->" || body_.substr(dashes, 3) != "-->")
        return false;
      at_ = dashes + 3;
      return true;
    }
    const std::size_t end = body_.find('>', at_);
    if (end == std::string_view::npos || !is_name(body_.substr(at_, 8), "!doctype")) return false;
    const bool has_quotes = body_.substr(at_, end - at_).find_first_of("\"'<") != std::string_view::npos;
    at_ = end + 1;
    return !has_quotes;
  }

  std::string_view element_name() {
    const std::size_t start = at_;
    while (at_ < body_.size() &&
           (is_letter(body_[at_]) || (at_ > start && body_[at_] >= '0' && body_[at_] <= '9')))
      ++at_;
    return body_.substr(start, at_ - start);
  }

  static bool is_plain(std::string_view name) {
    return std::any_of(kPlainElements.begin(), kPlainElements.end(),
                       [&](std::string_view known) { return is_name(name, known); });
  }

  bool close_tag() {
    const std::string_view name = element_name();
    while (at_ < body_.size() && is_space(body_[at_])) ++at_;
    if (at_ >= body_.size() || body_[at_] != '>') return false;
    ++at_;
    if (is_name(name, "a")) {
      const bool was_open = in_anchor_;
      in_anchor_ = false;
      return was_open;
    }
    return !in_anchor_ && is_plain(name);
  }

  bool open_tag() {
    const std::string_view name = element_name();
    if (in_anchor_ || name.empty()) return false;
    if (is_name(name, "a")) return anchor();
    if (is_name(name, "title")) return title();
    if (is_name(name, "meta")) return meta();
    return is_plain(name) && attributes([](std::string_view, std::string_view) { return true; });
  }

  bool anchor() {
    AnchorAttributes found;
    const bool fits = attributes([&](std::string_view name, std::string_view raw) {
      if (is_name(name, "href")) return decode_attribute(raw, found.href.emplace());
      if (is_name(name, "data-requires-python"))
        return decode_attribute(raw, found.requires_python.emplace());
      if (is_name(name, "data-yanked")) return decode_attribute(raw, found.yanked.emplace());
      if (is_name(name, "data-core-metadata")) return decode_attribute(raw, found.core_metadata.emplace());
      if (is_name(name, "data-dist-info-metadata"))
        return decode_attribute(raw, found.dist_info_metadata.emplace());
      return true;
    });
    // HTML ignores a slash before the `>` of an anchor; leave this to the parser.
    if (!fits || self_closed_) return false;
    in_anchor_ = true;
    builder_.add(found);
    return true;
  }

  bool meta() {
    MetaAttributes found;
    const bool fits = attributes([&](std::string_view name, std::string_view raw) {
      if (is_name(name, "name")) return decode_attribute(raw, found.name.emplace());
      if (is_name(name, "content")) return decode_attribute(raw, found.content.emplace());
      return true;
    });
    if (!fits) return false;
    if (found.name == "pypi:repository-version" && found.content)
      check_repository_version(*found.content, page_url_);
    if (found.name == "pypi:project-status" && found.content) builder_.set_status(*found.content);
    if (found.name == "pypi:project-status-reason" && found.content)
      builder_.set_status_reason(*found.content);
    return true;
  }

  /// The content of a title is text up to its end tag; accept only text without `<`.
  bool title() {
    if (!attributes([](std::string_view, std::string_view) { return true; }) || self_closed_) return false;
    at_ = body_.find('<', at_);
    if (at_ == std::string_view::npos || !is_name(body_.substr(at_, 8), "</title>")) return false;
    at_ += 8;
    return true;
  }

  /// Reads `name="value"`, `name='value'` and `name` up to the `>`. False: unsupported form, or `take(name,
  /// raw value)` returned false.
  template <class Take>
  bool attributes(const Take& take) {
    self_closed_ = false;
    seen_.clear();
    const std::size_t limit = std::min(body_.size(), at_ + kLongestTag);
    while (true) {
      const std::size_t before = at_;
      while (at_ < limit && is_space(body_[at_])) ++at_;
      if (at_ >= limit) return false;
      if (body_[at_] == '>') {
        ++at_;
        return true;
      }
      if (body_[at_] == '/') {
        if (at_ + 1 >= limit || body_[at_ + 1] != '>') return false;
        self_closed_ = true;
        at_ += 2;
        return true;
      }
      if (at_ == before || !attribute(limit, take)) return false;
    }
  }

  template <class Take>
  bool attribute(std::size_t limit, const Take& take) {
    const std::size_t start = at_;
    while (at_ < limit &&
           (is_letter(body_[at_]) || (at_ > start && (body_[at_] == '-' || body_[at_] == ':'))))
      ++at_;
    const std::string_view name = body_.substr(start, at_ - start);
    if (name.empty() || at_ >= limit || was_seen(name)) return false;
    if (seen_.size() == kMostAttributes) return false;
    seen_.push_back(name);
    if (is_space(body_[at_]) || body_[at_] == '>' || body_[at_] == '/') return valueless(limit, name, take);
    if (body_[at_] != '=' || at_ + 1 >= limit) return false;
    const char quote = body_[at_ + 1];
    if (quote != '"' && quote != '\'') return false;
    const std::size_t value = at_ + 2;
    const std::size_t end = body_.substr(0, limit).find(quote, value);
    if (end == std::string_view::npos) return false;
    at_ = end + 1;
    return take(name, body_.substr(value, end - value));
  }

  /// HTML uses the first of two attributes with the same name. Leave such tags to the parser, which is known
  /// to lose the value of the attribute after a duplicate without a value.
  bool was_seen(std::string_view name) const {
    return std::any_of(seen_.begin(), seen_.end(), [&](std::string_view other) {
      return std::equal(name.begin(), name.end(), other.begin(), other.end(),
                        [](char a, char b) { return to_lower(a) == to_lower(b); });
    });
  }

  /// HTML allows white space before the `=`; leave this to the parser.
  template <class Take>
  bool valueless(std::size_t limit, std::string_view name, const Take& take) {
    std::size_t next = at_;
    while (next < limit && is_space(body_[next])) ++next;
    if (next < limit && body_[next] == '=') return false;
    return take(name, std::string_view());
  }

  std::string_view body_;
  const std::string& page_url_;
  PageBuilder& builder_;
  std::size_t at_ = 0;
  bool in_anchor_ = false, self_closed_ = false;
  std::vector<std::string_view> seen_;  ///< attribute names of the current tag
};

}  // namespace

bool scan_simple_html(std::string_view body, const std::string& page_url, PageBuilder& builder) {
  return Scanner(body, page_url, builder).scan();
}

}  // namespace envstore
