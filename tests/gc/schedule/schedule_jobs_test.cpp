#include "gc/schedule/schedule_jobs.h"

#include <doctest/doctest.h>

#include "store/platform/error.h"
#include "tests/gc/schedule/fake_user.h"

namespace envstore {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::string at(std::int64_t when_ns) {
  const std::time_t seconds = when_ns / kSecond;
  std::tm parts{};
  localtime_r(&seconds, &parts);
  char text[64];
  return std::strftime(text, sizeof text, "%a %F %T", &parts) == 0 ? "" : text;
}

}  // namespace

TEST_CASE("times of day are two digits, a colon and two digits") {
  for (const char* text :
       {"", "3:30", "24:00", "00:60", "03:3", "0330", "03-30", "-1:30", "03:300", "a3:30"}) {
    auto settings = settings_of();
    settings.daily_at = text;
    CHECK_THROWS_AS(planned_jobs(settings), Error);
  }
}

TEST_CASE("the next time is later than now, in local time, over changes of the clock") {
  const CleanSettings clean;
  ::setenv("TZ", "Europe/Berlin", 1);
  ::tzset();
  const std::int64_t day =
      1'774'656'000 * kSecond;  // Saturday 28 March 2026 01:00, the clocks change next night
  CHECK(at(next_time({3 * 60}, day)) == "Sat 2026-03-28 03:00:00");
  CHECK(at(next_time({60}, day)) == "Sun 2026-03-29 01:00:00");
  CHECK(at(next_time({60 + 60 * 24 - 61}, day)) == "Sat 2026-03-28 23:59:00");
  CHECK(at(next_time({4 * 60, JobTime::Every::sunday}, day)) == "Sun 2026-03-29 04:00:00");
  const std::int64_t sunday = next_time({4 * 60, JobTime::Every::sunday}, day);
  CHECK(at(next_time({4 * 60, JobTime::Every::sunday}, sunday)) == "Sun 2026-04-05 04:00:00");
}

TEST_CASE("the jobs are half an hour apart, over midnight, and the sample is taken on Sundays") {
  auto settings = settings_of();
  settings.daily_at = "23:15";
  const auto jobs = planned_jobs(settings);
  REQUIRE(jobs.size() == 3);
  CHECK(jobs[0].time == JobTime{23 * 60 + 15});
  CHECK(jobs[1].time == JobTime{23 * 60 + 45});
  CHECK(jobs[2].time == JobTime{15, JobTime::Every::sunday});
  settings.with_verify = false;
  REQUIRE(planned_jobs(settings).size() == 1);
  CHECK(planned_jobs(settings)[0].name == "gc");
}

TEST_CASE("every job that is planned has a name that is known, and arguments") {
  std::vector<std::string> names;
  for (const PlannedJob& job : planned_jobs(settings_of())) names.push_back(job.name);
  CHECK(names == job_names());
  for (const std::string& name : names) CHECK(job_arguments(name));
  CHECK(job_arguments("verify-sample") == std::vector<std::string>{"verify", "--sample", "5%"});
  CHECK_FALSE(job_arguments("rm"));
}

TEST_CASE("a time is described in two digits each") {
  CHECK(describe(JobTime{3 * 60 + 5}) == "daily at 03:05");
  CHECK(describe(JobTime{23 * 60, JobTime::Every::sunday}) == "Sundays at 23:00");
}

TEST_CASE("a path must be absolute and one line") {
  require_one_line("/a b/\xc3\xa4");
  for (const std::string path : {"", "a", "/a\nb", "/a\tb", "/\x7f"})
    CHECK_THROWS_AS(require_one_line(path), Error);
}

}  // namespace envstore
