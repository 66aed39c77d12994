#include "python/settings/exclude_newer.h"

#include <algorithm>
#include <ctime>
#include <limits>

#include "python/index/upload_time.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000, kMinute = 60 * kSecond, kHour = 60 * kMinute,
                       kDay = 24 * kHour, kWeek = 7 * kDay;
constexpr std::int64_t kLongest = std::int64_t{100} * 366 * kDay;
constexpr std::string_view kAllowed =
    "a date (2025-01-31), a time (2025-01-31T12:00:00Z) or a duration (7 days, P7D)";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Parses a duration from lower-case text; a leading sign is ignored.
class SpanReader {
 public:
  explicit SpanReader(std::string_view text) : text_(text) {}

  std::optional<std::int64_t> read() {
    if (!text_.empty() && (text_[0] == '+' || text_[0] == '-')) text_.remove_prefix(1);
    if (take("p")) return read_iso();
    if (const auto clock = read_clock()) return clock;
    return read_words();
  }

 private:
  bool take(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  void skip_blanks() {
    while (take(" ") || take("\t")) continue;
  }

  /// A decimal number, in billionths; digits after the ninth decimal are dropped.
  std::optional<std::int64_t> number() {
    constexpr std::int64_t kMost = 1'000'000'000;
    std::int64_t whole = 0, part = 0, unit = kSecond;
    if (text_.empty() || !is_digit(text_[0])) return std::nullopt;
    for (; !text_.empty() && is_digit(text_[0]); text_.remove_prefix(1)) {
      whole = whole * 10 + (text_[0] - '0');
      if (whole > kMost) return std::nullopt;
    }
    has_fraction_ = take(".");
    for (; has_fraction_ && !text_.empty() && is_digit(text_[0]); text_.remove_prefix(1))
      part += (text_[0] - '0') * (unit /= 10);
    return whole * kSecond + part;
  }

  /// Adds `billionths` of a unit. False: the sum is too large, or the unit (day, week) allows no fraction.
  bool add(std::int64_t billionths, std::int64_t unit) {
    if (has_fraction_ && unit >= kDay) return false;
    const std::int64_t whole = billionths / kSecond, part = billionths % kSecond;
    if (whole > kLongest / unit) return false;
    sum_ += whole * unit + part * (unit / kSecond);
    return sum_ <= kLongest;
  }

  std::optional<std::int64_t> read_iso() {
    bool is_time = false, has_one = false;
    while (!text_.empty()) {
      if (!is_time && take("t")) is_time = true;
      const auto count = number();
      if (!count) return std::nullopt;
      const std::int64_t unit = !is_time && take("w")   ? kWeek
                                : !is_time && take("d") ? kDay
                                : is_time && take("h")  ? kHour
                                : is_time && take("m")  ? kMinute
                                : is_time && take("s")  ? kSecond
                                                        : 0;
      if (unit == 0 || !add(*count, unit)) return std::nullopt;
      has_one = true;
    }
    return has_one ? std::optional(sum_) : std::nullopt;
  }

  /// Parses `24:00:00`.
  std::optional<std::int64_t> read_clock() {
    const std::string_view before = text_;
    for (const std::int64_t unit : {kHour, kMinute, kSecond}) {
      const auto count = number();
      if (!count || !add(*count, unit) || (unit != kSecond && !take(":"))) {
        text_ = before;
        sum_ = 0;
        return std::nullopt;
      }
    }
    return text_.empty() ? std::optional(sum_) : std::nullopt;
  }

  std::int64_t unit() {
    std::size_t length = 0;
    while (length < text_.size() && text_[length] >= 'a' && text_[length] <= 'z') ++length;
    const std::string_view word = text_.substr(0, length);
    text_.remove_prefix(length);
    const auto is = [&](std::initializer_list<std::string_view> words) {
      return std::find(words.begin(), words.end(), word) != words.end();
    };
    if (is({"w", "wk", "wks", "week", "weeks"})) return kWeek;
    if (is({"d", "day", "days"})) return kDay;
    if (is({"h", "hr", "hrs", "hour", "hours"})) return kHour;
    if (is({"m", "min", "mins", "minute", "minutes"})) return kMinute;
    if (is({"s", "sec", "secs", "second", "seconds"})) return kSecond;
    return 0;
  }

  std::optional<std::int64_t> read_words() {
    bool has_one = false;
    while (!text_.empty()) {
      if (has_one && text_ == "ago") return sum_;
      const auto count = number();
      if (!count) return std::nullopt;
      skip_blanks();
      const std::int64_t one = unit();
      if (one == 0 || !add(*count, one)) return std::nullopt;
      has_one = true;
      take(",");
      skip_blanks();
    }
    return has_one ? std::optional(sum_) : std::nullopt;
  }

  std::string_view text_;
  std::int64_t sum_ = 0;
  bool has_fraction_ = false;
};

/// `2025-01-31`, optionally followed by a time, which is ignored: the start of the next day in the local time
/// zone.
std::optional<std::int64_t> end_of_day(std::string_view text) {
  std::tm day{};
  const std::string date(text.substr(0, std::min(text.find_first_of("t "), text.size())));
  const char* format = date.find('-') == std::string::npos ? "%Y%m%d" : "%Y-%m-%d";
  const std::size_t length = date.find('-') == std::string::npos ? 8 : 10;
  const char* end = ::strptime(date.c_str(), format, &day);
  if (end == nullptr || *end != '\0' || date.size() != length) return std::nullopt;
  const std::string_view time = text.substr(date.size());
  if (!time.empty() &&
      (time.size() < 3 || time.find_first_not_of("0123456789:.", 1) != std::string_view::npos))
    return std::nullopt;
  const int month_day = day.tm_mday++;
  day.tm_isdst = -1;
  std::tm check = day;
  check.tm_mday = month_day;
  if (::timegm(&check) == -1 || check.tm_mday != month_day) return std::nullopt;
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / kSecond;
  return std::clamp<std::int64_t>(::mktime(&day), -kMost, kMost) * kSecond;
}

/// RFC 3339, and shorter forms of ISO 8601: without seconds, or with an offset in hours.
std::optional<std::int64_t> moment(std::string_view lower) {
  std::string text(lower);
  if (text.size() > 10 && text[10] == 't') text[10] = 'T';
  if (text.ends_with('z')) text.back() = 'Z';
  if (const auto exact = parse_upload_time(text)) return exact;
  const std::size_t offset = text.find_first_of("Z+-", std::min<std::size_t>(text.size(), 10));
  if (offset == std::string::npos) return std::nullopt;
  std::string time = text.substr(0, offset), zone = text.substr(offset);
  constexpr std::size_t kWithMinutes = 16;  // 2025-01-31T12:00
  if (time.size() == kWithMinutes) time += ":00";
  if (zone.size() == 3) zone += ":00";
  if (zone.size() == 5) zone = zone.substr(0, 3) + ":" + zone.substr(3);
  return parse_upload_time(time + zone);
}

}  // namespace

std::optional<UploadCutoff> parse_exclude_newer(const SettingValue& setting) {
  const std::string text = to_lower(std::string(trimmed(setting.value)));
  if (text == "false") return std::nullopt;
  if (const auto at = moment(text)) return UploadCutoff{*at, false};
  if (const auto at = end_of_day(text)) return UploadCutoff{*at, false};
  if (const auto span = SpanReader(text).read()) return UploadCutoff{*span, true};
  const bool has_months = text.find("month") != std::string::npos || text.find("year") != std::string::npos ||
                          (text.size() > 1 && text.ends_with('y') && is_digit(text[text.size() - 2])) ||
                          (text.starts_with('p') && text.find_first_of("my") != std::string::npos);
  throw_bad_value(
      setting, "exclude-newer",
      has_months ? "in weeks, days, hours, minutes or seconds: months and years differ in length" : kAllowed);
}

}  // namespace envstore
