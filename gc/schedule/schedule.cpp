#include "gc/schedule/schedule.h"

#include <fcntl.h>

#include "gc/schedule/crontab.h"
#include "gc/schedule/scheduled_job.h"
#include "gc/schedule/systemd_units.h"
#include "store/platform/clock.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

void install_region(const ScheduleSettings& settings) {
  const auto before = read_crontab();
  if (!before) throw Error(ErrorKind::permission, "cannot schedule: crontab(1) does not let this user in");
  const std::string after = with_region(*before, settings);
  if (after != *before) write_crontab(after);
}

bool remove_region() {
  const auto before = read_crontab();
  if (!before) return false;
  const std::string after = with_region(*before, std::nullopt);
  if (after == *before) return false;
  write_crontab(after);
  return true;
}

struct Found {
  Scheduler scheduler;
  InstalledSchedule schedule;
};

std::optional<Found> find_schedule() {
  if (auto units = find_units()) return Found{Scheduler::systemd_user, std::move(*units)};
  const auto crontab = read_crontab();
  if (!crontab) return std::nullopt;
  if (auto region = find_region(*crontab)) return Found{Scheduler::crontab, std::move(*region)};
  return std::nullopt;
}

/// `is_stopped`: the scheduler will not start the job.
ScheduleStatus::Job status_of(const InstalledJob& installed, const std::string& store, bool is_stopped) {
  ScheduleStatus::Job job;
  job.name = installed.name;
  job.when = installed.time ? describe(*installed.time) : "at a time that was changed by hand";
  if (is_stopped) job.when += ", stopped";
  if (installed.time && !is_stopped)
    job.next_ns = next_time(*installed.time, SystemClock().now().time_since_epoch().count());
  const auto record = read_job_record(store, job.name);
  if (!record) return job;
  job.last_ns = record->ended_ns;
  job.last_exit = record->exit_code;
  job.last_line = record->last_line;
  job.is_running = is_job_running(store, job.name);
  job.was_interrupted = !job.is_running && record->started_ns > record->ended_ns.value_or(0);
  return job;
}

void add_notes(ScheduleStatus& status, const std::string& asked_store, bool has_manager) {
  if (status.store != asked_store)
    status.notes.push_back(format_text("the schedule is for the store '{}'", status.store));
  if (!stat_at(AT_FDCWD, status.store + "/format", Links::do_not_follow))
    status.notes.push_back(format_text("there is no store at '{}': the jobs will fail", status.store));
  if (status.scheduler == Scheduler::crontab) {
    if (!is_cron_daemon_running())
      status.notes.emplace_back("no cron daemon is seen: without one nothing runs the jobs");
  } else if (!has_manager) {
    status.notes.emplace_back("systemd's user manager does not answer: the jobs run once it does");
  } else if (!lingers()) {
    status.notes.emplace_back(
        "the timers run while you are logged in, and catch up then; 'loginctl enable-linger' lets them run "
        "always");
  }
}

}  // namespace

Scheduler available_scheduler() {
  if (is_user_manager_there()) return Scheduler::systemd_user;
  if (read_crontab()) return Scheduler::crontab;
  throw Error(
      ErrorKind::usage,
      "cannot schedule: no systemd user manager answers, and there is no crontab(1) that this user may use",
      "install cron, or let something else call 'envstore gc' and 'envstore verify' once a day");
}

void install_schedule(const ScheduleSettings& settings) {
  planned_jobs(settings);  // throws for an invalid time before anything else is done
  if (available_scheduler() == Scheduler::systemd_user) {
    install_units(settings);
    remove_region();
  } else {
    install_region(settings);
    remove_units();
  }
}

bool remove_schedule() {
  const bool had_units = remove_units();
  return remove_region() || had_units;
}

ScheduleStatus schedule_status(const std::string& store) {
  ScheduleStatus status;
  status.store = store;
  status.log_directory = job_log_directory(store);
  const auto found = find_schedule();
  if (!found) return status;
  status.is_installed = true;
  status.scheduler = found->scheduler;
  status.store = found->schedule.store;
  status.log_directory = job_log_directory(status.store);
  const bool has_manager = found->scheduler == Scheduler::systemd_user && is_user_manager_there();
  for (const InstalledJob& job : found->schedule.jobs)
    status.jobs.push_back(status_of(job, status.store, has_manager && is_timer_stopped(job.name)));
  add_notes(status, store, has_manager);
  return status;
}

}  // namespace envstore
