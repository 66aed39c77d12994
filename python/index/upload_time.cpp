#include "python/index/upload_time.h"

#include <chrono>

namespace envstore {
namespace {

/// Reads fixed patterns from the front of a text; after the first mismatch every read fails.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  int digits(std::size_t count) {
    int value = 0;
    if (text_.size() < count) return fail();
    for (std::size_t i = 0; i < count; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return fail();
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(count);
    return value;
  }
  void expect(char c) {
    if (!accept(c)) fail();
  }
  bool accept(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  /// Digits of a fraction, in nanoseconds; digits after the ninth are ignored.
  std::int64_t fraction() {
    std::int64_t value = 0, unit = 100'000'000;
    std::size_t count = 0;
    for (; count < text_.size() && text_[count] >= '0' && text_[count] <= '9'; ++count, unit /= 10)
      value += (text_[count] - '0') * unit;
    if (count == 0) fail();
    text_.remove_prefix(count);
    return value;
  }
  bool is_done() const { return is_good_ && text_.empty(); }

 private:
  int fail() {
    is_good_ = false;
    return 0;
  }
  std::string_view text_;
  bool is_good_ = true;
};

}  // namespace

std::optional<std::int64_t> parse_upload_time(std::string_view text) {
  using namespace std::chrono;
  Cursor in(text);
  const year y{in.digits(4)};
  in.expect('-');
  const month m{static_cast<unsigned>(in.digits(2))};
  in.expect('-');
  const day d{static_cast<unsigned>(in.digits(2))};
  if (!in.accept('T')) in.expect(' ');
  const int hour = in.digits(2);
  in.expect(':');
  const int minute = in.digits(2);
  in.expect(':');
  const int second = in.digits(2);
  const std::int64_t fraction = in.accept('.') ? in.fraction() : 0;
  int offset_minutes = 0;
  if (!in.accept('Z')) {
    const int sign = in.accept('-') ? -1 : 1;
    if (sign > 0) in.expect('+');
    offset_minutes = in.digits(2) * 60;
    in.expect(':');
    offset_minutes = sign * (offset_minutes + in.digits(2));
  }
  const year_month_day date{y, m, d};
  const bool is_in_range = y >= year{1970} && y <= year{2200} && hour < 24 && minute < 60 && second <= 60;
  if (!in.is_done() || !date.ok() || !is_in_range) return std::nullopt;
  const auto time =
      sys_days{date}.time_since_epoch() + hours{hour} + minutes{minute - offset_minutes} + seconds{second};
  return duration_cast<nanoseconds>(time).count() + fraction;
}

}  // namespace envstore
