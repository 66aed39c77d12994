#include "gc/collect/policy.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

[[noreturn]] void refuse_size(std::string_view text) {
  throw Error(ErrorKind::usage, format_text("cannot read the size '{}'", text),
              "sizes are `20GB`, `1.5GiB`, `500M` (MiB), a number of bytes, or `5%` of the filesystem");
}

[[noreturn]] void refuse_duration(std::string_view text) {
  throw Error(ErrorKind::usage, format_text("cannot read the time '{}'", text),
              "times are a number and a unit: `90s`, `15m`, `12h`, `30d`, `2w`; or `0`");
}

struct NumberAndUnit {
  double number = 0;
  std::string unit;  ///< lower case
};

/// nullopt: the text does not begin with a number of zero or more. Only digits and one point: no exponent, no
/// `inf`.
std::optional<NumberAndUnit> split(std::string_view text) {
  text = trimmed(text);
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  NumberAndUnit parts;
  const char* const stop = text.data() + end;
  const auto read = std::from_chars(text.data(), stop, parts.number, std::chars_format::fixed);
  if (end == 0 || read.ec != std::errc{} || read.ptr != stop) return std::nullopt;
  parts.unit = to_lower(trimmed(text.substr(end)));
  return parts;
}

/// nullopt: there is no such unit. A letter alone is a power of 1024, as in du and uv.
std::optional<double> bytes_of_unit(const std::string& unit) {
  if (unit.empty() || unit == "b") return 1.0;
  constexpr std::string_view kPowers = "kmgtp";
  const std::size_t power = kPowers.find(unit.front());
  if (power == std::string_view::npos) return std::nullopt;
  const std::string rest = unit.substr(1);
  if (!rest.empty() && rest != "b" && rest != "ib") return std::nullopt;
  return std::pow(rest == "b" ? 1000.0 : 1024.0, static_cast<double>(power + 1));
}

/// nullopt: there is no such unit.
std::optional<double> nanoseconds_of_unit(const std::string& unit) {
  constexpr double kSecond = 1e9;
  if (unit == "s") return kSecond;
  if (unit == "m") return 60 * kSecond;
  if (unit == "h") return 3600 * kSecond;
  if (unit == "d") return 86400 * kSecond;
  if (unit == "w") return 7 * 86400 * kSecond;
  return std::nullopt;
}

}  // namespace

std::uint64_t SizeLimit::of(std::uint64_t filesystem_bytes) const {
  if (percent == 0) return bytes;
  return static_cast<std::uint64_t>(static_cast<double>(filesystem_bytes) * (percent / 100));
}

SizeLimit parse_size_limit(std::string_view text) {
  const auto parts = split(text);
  if (!parts) refuse_size(text);
  if (parts->unit == "%") {
    if (parts->number > 100) refuse_size(text);
    return {.bytes = 0, .percent = parts->number};
  }
  const auto unit = bytes_of_unit(parts->unit);
  if (!unit) refuse_size(text);
  std::uint64_t exact = 0;  // a double is exact only up to 2^53 bytes
  const std::string_view number = trimmed(text);
  if (*unit == 1 && std::from_chars(number.data(), number.data() + number.size(), exact).ec == std::errc{} &&
      parts->number == std::floor(parts->number))
    return {.bytes = exact, .percent = 0};
  const double bytes = parts->number * *unit;
  if (bytes >= std::ldexp(1.0, 64)) refuse_size(text);
  return {.bytes = static_cast<std::uint64_t>(bytes), .percent = 0};
}

std::chrono::nanoseconds parse_duration(std::string_view text) {
  const auto parts = split(text);
  if (!parts) refuse_duration(text);
  if (parts->number == 0 && parts->unit.empty()) return {};
  const auto unit = nanoseconds_of_unit(parts->unit);
  if (!unit) refuse_duration(text);
  // A quarter of the range, because durations are added to times and subtracted from them.
  constexpr double kLongest = static_cast<double>(std::numeric_limits<std::int64_t>::max() / 4);
  const double nanoseconds = parts->number * *unit;
  if (nanoseconds > kLongest) refuse_duration(text);
  return std::chrono::nanoseconds(static_cast<std::int64_t>(nanoseconds));
}

std::string print_bytes(std::uint64_t bytes) {
  constexpr std::array kUnits = {"kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return format_text("{} B", bytes);
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) value /= 1000, ++unit;
  return value < 9.95 ? format_text("{:.1f} {}", value, kUnits[unit])
                      : format_text("{:.0f} {}", value, kUnits[unit]);
}

std::string print_duration(std::chrono::nanoseconds duration) {
  struct Unit {
    std::int64_t seconds;
    const char *one, *many;
  };
  constexpr Unit kUnits[] = {{86400, "day", "days"}, {3600, "hour", "hours"}, {60, "minute", "minutes"}};
  const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  for (const Unit& unit : kUnits) {
    const std::int64_t count = seconds / unit.seconds;
    // `90 minutes` is more exact than `1 hour`.
    if (count >= 2 || (count == 1 && seconds % unit.seconds == 0))
      return format_text("{} {}", count, count == 1 ? unit.one : unit.many);
  }
  return format_text("{} {}", seconds, seconds == 1 ? "second" : "seconds");
}

}  // namespace envstore
