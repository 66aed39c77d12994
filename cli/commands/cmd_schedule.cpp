#include <fcntl.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "cli/commands/command.h"
#include "cli/commands/handover.h"
#include "cli/commands/pages.h"
#include "cli/options/suggest.h"
#include "cli/output/print.h"
#include "gc/schedule/schedule.h"
#include "store/index/store.h"
#include "store/platform/environment.h"
#include "store/platform/format.h"
#include "store/process/process_roles.h"

namespace envstore {
namespace {

constexpr OptionSpec kOptions[] = {
    {"daily-at", 0, "HH:MM", "when gc runs, in local time (default 03:30); verify follows"},
    {"no-verify", 0, {}, "schedule gc only"},
    {"json", 0, {}, "print the status as JSON"},
};

/// The program that the scheduler calls. Found by the link of /proc, so also if the file was replaced.
std::string own_program() {
  const std::string self = read_link(AT_FDCWD, role::kOwnProgram);
  return absolute_path(small_program_beside(self).value_or(self));
}

std::string store_path(const Arguments& arguments) {
  return absolute_path(arguments.has("store") ? arguments.value("store") : Store::default_root());
}

std::string time_text(std::int64_t when_ns, const char* format) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  const std::time_t seconds = static_cast<std::time_t>(when_ns / kNanoseconds);
  std::tm parts{};
  char text[64];
  const bool is_utc = std::string_view(format).ends_with('Z');
  is_utc ? gmtime_r(&seconds, &parts) : localtime_r(&seconds, &parts);
  return std::strftime(text, sizeof text, format, &parts) == 0 ? "unknown" : text;
}

nlohmann::json json_time(const std::optional<std::int64_t>& when_ns) {
  if (!when_ns) return nullptr;
  return time_text(*when_ns, "%Y-%m-%dT%H:%M:%SZ");
}

const char* name_of(Scheduler scheduler) {
  return scheduler == Scheduler::systemd_user ? "systemd" : "crontab";
}

std::string status_json(const ScheduleStatus& status) {
  auto jobs = nlohmann::json::array();
  for (const ScheduleStatus::Job& job : status.jobs)
    jobs.push_back({{"name", job.name},
                    {"when", job.when},
                    {"last", json_time(job.last_ns)},
                    {"exit", job.last_exit ? nlohmann::json(*job.last_exit) : nlohmann::json()},
                    {"line", job.last_line},
                    {"running", job.is_running},
                    {"interrupted", job.was_interrupted},
                    {"next", json_time(job.next_ns)}});
  const nlohmann::json json = {
      {"installed", status.is_installed},
      {"scheduler", status.is_installed ? nlohmann::json(name_of(status.scheduler)) : nlohmann::json()},
      {"store", status.store},
      {"logs", status.log_directory},
      {"jobs", std::move(jobs)},
      {"notes", status.notes}};
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string result_text(const ScheduleStatus::Job& job) {
  if (job.is_running) return "is running";
  std::string text = job.was_interrupted ? "was interrupted" : "has not run yet";
  if (!job.last_ns || !job.last_exit) return text;
  text = *job.last_exit == 0                       ? "went well"
         : *job.last_exit == 3 && job.name == "gc" ? "was done in part"
         : *job.last_exit == 3                     ? "found damage"
                                                   : format_text("failed (exit code {})", *job.last_exit);
  text = format_text("{} {}", time_text(*job.last_ns, "%Y-%m-%d %H:%M"), text);
  if (!job.last_line.empty()) text += ": " + job.last_line;
  return job.was_interrupted ? text + "; a later run was interrupted" : text;
}

std::string status_text(const ScheduleStatus& status) {
  if (!status.is_installed) return "no schedule; 'envstore schedule install' makes one\n";
  std::string text =
      format_text("scheduled by {} for '{}'\n",
                  status.scheduler == Scheduler::crontab ? "cron" : "systemd's user timers", status.store);
  for (const ScheduleStatus::Job& job : status.jobs) {
    text += format_text("{}, {}\n  last: {}\n", job.name, job.when, result_text(job));
    if (job.next_ns) text += format_text("  next: {}\n", time_text(*job.next_ns, "%Y-%m-%d %H:%M"));
  }
  text += format_text("logs: {}\n", status.log_directory);
  for (const std::string& note : status.notes) text += "note: " + note + "\n";
  return text;
}

int install(const Arguments& arguments) {
  ScheduleSettings settings;
  settings.program = own_program();
  settings.store = store_path(arguments);
  settings.with_verify = !arguments.has("no-verify");
  if (arguments.has("daily-at")) settings.daily_at = arguments.value("daily-at");
  if (const std::string home = variable_or_empty("XDG_CONFIG_HOME"); home.starts_with('/'))
    settings.config_home = home;
  const SystemClock clock;
  Store::open(settings.store, clock);  // throws now, not at night, if no job could use the store
  install_schedule(settings);
  if (!arguments.has("quiet")) print(status_text(schedule_status(settings.store)));
  return 0;
}

int status(const Arguments& arguments) {
  const ScheduleStatus found = schedule_status(store_path(arguments));
  print(arguments.has("json") ? status_json(found) : status_text(found));
  return 0;
}

int remove(const Arguments& arguments) {
  const bool was_there = remove_schedule();
  if (!arguments.has("quiet")) print(was_there ? "the schedule is removed\n" : "there was no schedule\n");
  return 0;
}

[[noreturn]] void throw_unknown_action(const std::vector<std::string>& words) {
  const std::string written = words.empty() ? "" : words.front();
  const auto nearest = nearest_word(written, {"install", "status", "remove"});
  throw Error(ErrorKind::usage,
              words.size() > 1  ? format_text("cannot use '{}': one action is enough", words[1])
              : written.empty() ? std::string("cannot schedule: no action was given")
                                : format_text("cannot schedule: there is no action '{}'", written),
              nearest && words.size() == 1 ? format_text("did you mean 'envstore schedule {}'?", *nearest)
                                           : "the actions are install, status and remove");
}

int run_schedule(const Arguments& arguments) {
  const auto& words = arguments.positionals();
  if (words.size() != 1) throw_unknown_action(words);
  if (words.front() == "install") return install(arguments);
  if (words.front() == "status") return status(arguments);
  if (words.front() == "remove") return remove(arguments);
  throw_unknown_action(words);
}

}  // namespace

const Command kScheduleCommand = {
    .name = "schedule",
    .summary = "run gc and verify every day",
    .page = pages::kSchedule,
    .options = kOptions,
    .positionals = Positionals::any,
    .run = run_schedule,
};

}  // namespace envstore
