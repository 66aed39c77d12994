#include <charconv>

#include "ascii.h"
#include "quote.h"
#include "version_big.h"

namespace pypackaging {

/// Reads PEP 440's grammar (appendix B) from left to right. No rule needs to look back further than one
/// separator.
class VersionBuilder {
 public:
  explicit VersionBuilder(std::string_view text) : text_(text) {}
  Result<Version> build();

 private:
  bool at_end() const { return position_ == text_.size(); }
  char peek(std::size_t ahead = 0) const {
    return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0';
  }
  void skip_space() {
    while (!at_end() && ascii::is_space(peek())) ++position_;
  }
  bool read_word(std::string_view lower_case_word);
  std::string_view read_digits();
  void read_optional_number(std::size_t slot);
  bool read_release();
  void read_pre();
  void read_post();
  void read_dev();
  bool read_local();
  void store(std::size_t slot, std::string_view digits);
  void store_release(std::size_t index, std::uint64_t value);
  Version::Big& big();
  ParseError error(const char* expected) const;

  std::string_view text_;
  std::size_t position_ = 0;
  Version version_;
  std::shared_ptr<Version::Big> big_;
};

namespace {

constexpr bool is_separator(char c) {
  return c == '.' || c == '-' || c == '_';
}

std::string_view without_leading_zeros(std::string_view digits) {
  const std::size_t first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? digits.substr(digits.size() - 1) : digits.substr(first);
}

}  // namespace

Version::Big& VersionBuilder::big() {
  if (!big_) big_ = std::make_shared<Version::Big>();
  return *big_;
}

ParseError VersionBuilder::error(const char* expected) const {
  return {"invalid version " + quote(text_) + ": expected " + expected, position_};
}

bool VersionBuilder::read_word(std::string_view word) {
  if (text_.size() - position_ < word.size() ||
      !ascii::equal_ignoring_case(text_.substr(position_, word.size()), word))
    return false;
  position_ += word.size();
  return true;
}

std::string_view VersionBuilder::read_digits() {
  const std::size_t start = position_;
  while (ascii::is_digit(peek())) ++position_;
  return text_.substr(start, position_ - start);
}

void VersionBuilder::store_release(std::size_t index, std::uint64_t value) {
  constexpr std::size_t kInline = Version::kInlineRelease;
  if (index < kInline) {
    version_.release_[index] = value;
    version_.release_count_ = static_cast<std::uint8_t>(index + 1);
    return;
  }
  auto& release = big().release;
  if (index == kInline) release.assign(version_.release_, version_.release_ + kInline);
  release.push_back(value);
}

void VersionBuilder::store(std::size_t slot, std::string_view digits) {
  std::uint64_t value = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc{}) {
    value = UINT64_MAX;
    big().long_numbers.emplace_back(slot, without_leading_zeros(digits));
  }
  switch (slot) {
    case slot::epoch:
      version_.epoch_ = value;
      break;
    case slot::pre:
      version_.pre_number_ = value;
      break;
    case slot::post:
      version_.post_ = value;
      break;
    case slot::dev:
      version_.dev_ = value;
      break;
    default:
      store_release(slot - slot::release, value);
  }
}

/// Reads the number after `a`, `post` or `dev`, with or without a separator before it. The grammar allows the
/// separator without a number (`1.0a.`, `1.0rc.post1`).
void VersionBuilder::read_optional_number(std::size_t slot) {
  if (is_separator(peek())) ++position_;
  if (const std::string_view digits = read_digits(); !digits.empty()) store(slot, digits);
}

bool VersionBuilder::read_release() {
  std::string_view digits = read_digits();
  if (!digits.empty() && peek() == '!') {
    store(slot::epoch, digits);
    ++position_;
    digits = read_digits();
  }
  if (digits.empty()) return false;
  store(slot::release, digits);
  for (std::size_t i = 1; peek() == '.' && ascii::is_digit(peek(1)); ++i) {
    ++position_;
    store(slot::release + i, read_digits());
  }
  return true;
}

void VersionBuilder::read_pre() {
  static constexpr std::pair<std::string_view, PreKind> kSpellings[] = {
      {"alpha", PreKind::alpha},       {"a", PreKind::alpha},
      {"beta", PreKind::beta},         {"b", PreKind::beta},
      {"rc", PreKind::candidate},      {"c", PreKind::candidate},
      {"preview", PreKind::candidate}, {"pre", PreKind::candidate},
  };
  const std::size_t start = position_;
  if (is_separator(peek())) ++position_;
  for (const auto& [word, kind] : kSpellings) {
    if (!read_word(word)) continue;
    version_.flags_ |= Version::kHasPre;
    version_.pre_kind_ = kind;
    read_optional_number(slot::pre);
    return;
  }
  position_ = start;
}

void VersionBuilder::read_post() {
  const std::size_t start = position_;
  if (peek() == '-' && ascii::is_digit(peek(1))) {
    ++position_;
    version_.flags_ |= Version::kHasPost;
    store(slot::post, read_digits());
    return;
  }
  if (is_separator(peek())) ++position_;
  if (read_word("post") || read_word("rev") || read_word("r")) {
    version_.flags_ |= Version::kHasPost;
    read_optional_number(slot::post);
    return;
  }
  position_ = start;
}

void VersionBuilder::read_dev() {
  const std::size_t start = position_;
  if (is_separator(peek())) ++position_;
  if (!read_word("dev")) {
    position_ = start;
    return;
  }
  version_.flags_ |= Version::kHasDev;
  read_optional_number(slot::dev);
}

bool VersionBuilder::read_local() {
  do {
    ++position_;
    const std::size_t start = position_;
    bool is_numeric = true;
    for (; ascii::is_alphanumeric(peek()); ++position_) is_numeric = is_numeric && ascii::is_digit(peek());
    const std::string_view segment = text_.substr(start, position_ - start);
    if (segment.empty()) return false;
    big().local.push_back(
        {is_numeric, is_numeric ? std::string(without_leading_zeros(segment)) : ascii::to_lower(segment)});
  } while (is_separator(peek()));
  return true;
}

Result<Version> VersionBuilder::build() {
  skip_space();
  if (ascii::to_lower(peek()) == 'v') ++position_;
  if (!read_release()) return error("a number");
  if (!at_end()) {
    read_pre();
    read_post();
    read_dev();
    if (peek() == '+' && !read_local()) return error("a letter or digit of the local version");
    skip_space();
    if (!at_end()) return error("the end of the version");
  }
  // Slots were stored in reading order, the release before pre, post and dev; lookups need them sorted.
  if (big_) std::sort(big_->long_numbers.begin(), big_->long_numbers.end());
  version_.big_ = std::move(big_);
  return std::move(version_);
}

Result<Version> Version::parse(std::string_view text) {
  return VersionBuilder(text).build();
}

}  // namespace pypackaging
