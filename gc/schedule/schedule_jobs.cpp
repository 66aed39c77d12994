#include "gc/schedule/schedule_jobs.h"

#include <algorithm>
#include <ctime>

#include "store/platform/error.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr int kMinutesOfHour = 60, kMinutesOfDay = 24 * kMinutesOfHour, kMinutesBetweenJobs = 30;
constexpr std::int64_t kNanoseconds = 1'000'000'000;

/// HH:MM.
std::optional<int> minute_of_day(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !is_digit(text[0]) || !is_digit(text[1]) || !is_digit(text[3]) ||
      !is_digit(text[4]))
    return std::nullopt;
  const int hour = (text[0] - '0') * 10 + (text[1] - '0'), minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (hour > 23 || minute > 59) return std::nullopt;
  return hour * kMinutesOfHour + minute;
}

}  // namespace

std::vector<PlannedJob> planned_jobs(const ScheduleSettings& settings) {
  const auto start = minute_of_day(settings.daily_at);
  if (!start)
    throw Error(ErrorKind::usage, format_text("cannot use '{}' as a time of day", settings.daily_at),
                "write it as HH:MM, from 00:00 to 23:59");
  const auto later = [&](int jobs) { return (*start + jobs * kMinutesBetweenJobs) % kMinutesOfDay; };
  std::vector<PlannedJob> jobs = {{"gc", "Remove what no program uses from the store of envstore", {*start}}};
  if (!settings.with_verify) return jobs;
  jobs.push_back({"verify", "Look for changed files in the store of envstore", {later(1)}});
  jobs.push_back({"verify-sample",
                  "Hash a part of the store of envstore, the stalest first",
                  {later(2), JobTime::Every::sunday}});
  return jobs;
}

std::optional<std::vector<std::string>> job_arguments(std::string_view name) {
  using Words = std::vector<std::string>;
  if (name == "gc") return Words{"gc"};
  if (name == "verify") return Words{"verify"};
  if (name == "verify-sample") return Words{"verify", "--sample", "5%"};
  return std::nullopt;
}

std::vector<std::string> job_names() {
  return {"gc", "verify", "verify-sample"};
}

std::int64_t next_time(const JobTime& time, std::int64_t now_ns) {
  constexpr int kDaysLookedAt = 9;
  const std::time_t now = static_cast<std::time_t>(now_ns / kNanoseconds);
  std::tm today{};
  localtime_r(&now, &today);
  for (int days = 0; days < kDaysLookedAt; ++days) {
    std::tm candidate{};
    candidate.tm_year = today.tm_year;
    candidate.tm_mon = today.tm_mon;
    candidate.tm_mday = today.tm_mday + days;
    candidate.tm_hour = time.minute_of_day / kMinutesOfHour;
    candidate.tm_min = time.minute_of_day % kMinutesOfHour;
    candidate.tm_isdst = -1;
    const std::time_t moment = std::mktime(&candidate);
    const bool is_its_day = time.every == JobTime::Every::day || candidate.tm_wday == 0;
    if (is_its_day && moment > now) return static_cast<std::int64_t>(moment) * kNanoseconds;
  }
  return now_ns;
}

std::string describe(const JobTime& time) {
  return format_text("{} at {:02}:{:02}", time.every == JobTime::Every::day ? "daily" : "Sundays",
                     time.minute_of_day / kMinutesOfHour, time.minute_of_day % kMinutesOfHour);
}

void require_one_line(const std::string& path) {
  constexpr unsigned char kFirstPrintable = 0x20, kDelete = 0x7f;
  const bool is_plain = std::none_of(path.begin(), path.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < kFirstPrintable || byte == kDelete;
  });
  if (!is_plain || !path.starts_with('/'))
    throw Error(
        ErrorKind::usage,
        format_text("cannot schedule for '{}': the path must be absolute and without control characters",
                    path));
}

}  // namespace envstore
