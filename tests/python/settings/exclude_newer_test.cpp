#include "python/settings/exclude_newer.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"
#include "tests/clean_settings.h"

using namespace envstore;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000, kHour = 3600 * kSecond, kDay = 24 * kHour;

std::optional<UploadCutoff> cutoff(const std::string& text) {
  return parse_exclude_newer({text, "--exclude-newer"});
}

std::string fault(const std::string& text) {
  try {
    cutoff(text);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a moment may be written in either case and without seconds") {
  constexpr std::int64_t kMoment = 1738281600 * kSecond;
  for (const char* text : {"2025-01-31T00:00:00Z", "2025-01-31t00:00:00z", "2025-01-31 00:00:00Z",
                           "2025-01-31T01:00:00+01:00", "2025-01-31T01:00+01", "2025-01-31T00:00Z"}) {
    CAPTURE(text);
    CHECK(cutoff(text) == UploadCutoff{kMoment, false});
  }
}

TEST_CASE("a date, alone or with a time of no offset, is the end of its day here") {
  const CleanSettings clean;
  ::setenv("TZ", "UTC-2", 1);
  ::tzset();
  for (const char* text :
       {"2025-01-31", "20250131", "2025-01-31T00:00:00", "2025-01-31T12", "2025-01-31 12:30"}) {
    CAPTURE(text);
    CHECK(cutoff(text) == UploadCutoff{1738360800 * kSecond, false});
  }
}

TEST_CASE("a date after the range of nanoseconds excludes nothing, one before it everything") {
  const CleanSettings clean;
  for (const char* text : {"2400-01-01", "9999-12-31"}) CHECK(cutoff(text)->ns > 8'000'000'000 * kSecond);
  CHECK(cutoff("0001-01-01")->ns < -8'000'000'000 * kSecond);
}

TEST_CASE("a span is written in words, as ISO 8601 has it, or like a clock") {
  for (const char* text : {"7 days",     "7d",       "7D",        "1 week",    "1w",      "P7D",
                           "p7d",        "P1W",      "168 hours", "168h",      "PT168H",  "6 days 24 hours",
                           "6d 24h",     "6d, 24h",  "6d24h",     "168:00:00", "+7 days", "-7 days",
                           "7 days ago", " 7 days ", "10080 min", "604800secs"}) {
    CAPTURE(text);
    CHECK(cutoff(text) == UploadCutoff{7 * kDay, true});
  }
  CHECK(cutoff("1.5h") == UploadCutoff{kHour + kHour / 2, true});
  CHECK(cutoff("PT1.5H") == UploadCutoff{kHour + kHour / 2, true});
  CHECK(cutoff("P1DT2H") == UploadCutoff{kDay + 2 * kHour, true});
  CHECK(cutoff("0 days") == UploadCutoff{0, true});
}

TEST_CASE("false is no cut-off") {
  CHECK_FALSE(cutoff("false").has_value());
}

TEST_CASE("what is none is refused with its source") {
  const CleanSettings clean;
  for (const char* text : {"",
                           "yesterday",
                           "7",
                           "7 fortnights",
                           "1.5 days",
                           "P",
                           "PT",
                           "P1H",
                           "PT1D",
                           "P7",
                           "1 week and 2 days",
                           "ago",
                           "2025-02-30",
                           "2025-13-01",
                           "2025-1-1",
                           "2025-01",
                           "2025-01-01x",
                           "2025-01-01T",
                           "99999999999999 days",
                           "1000000 weeks",
                           "24:00",
                           "1:2:3:4",
                           "-",
                           "+",
                           "days"}) {
    CAPTURE(text);
    CHECK(fault(text).find("(--exclude-newer)") != std::string::npos);
  }
}

TEST_CASE("months and years are refused because they differ in length") {
  for (const char* text : {"1 month", "P1M", "1 year", "P1Y", "1y", "P1Y2M"}) {
    CAPTURE(text);
    CHECK(fault(text).find("months and years") != std::string::npos);
  }
}
