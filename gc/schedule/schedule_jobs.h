#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gc/schedule/schedule.h"

namespace envstore {

/// When a job runs, in local time.
struct JobTime {
  int minute_of_day = 0;
  enum class Every { day, sunday } every = Every::day;
  bool operator==(const JobTime&) const = default;
};

struct PlannedJob {
  std::string name, description;
  JobTime time;
};

/// The jobs of a schedule, half an hour apart. Throws Error{usage} for an invalid time.
std::vector<PlannedJob> planned_jobs(const ScheduleSettings& settings);
/// The arguments of envstore for a job; nullopt: no job has this name.
std::optional<std::vector<std::string>> job_arguments(std::string_view name);
/// Every job that a schedule can have.
std::vector<std::string> job_names();

/// The first such moment after `now_ns`.
std::int64_t next_time(const JobTime& time, std::int64_t now_ns);
/// `daily at 03:30`.
std::string describe(const JobTime& time);

/// An installed job. `time` nullopt: it was changed to a form that this program does not write.
struct InstalledJob {
  std::string name;
  std::optional<JobTime> time;
};
struct InstalledSchedule {
  std::string store;
  std::vector<InstalledJob> jobs;
};

/// Throws Error{usage} for a path that is not absolute or has control characters: units and crontabs are
/// line-based.
void require_one_line(const std::string& path);

}  // namespace envstore
