#include "gc/schedule/systemd_units.h"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdio>

#include "gc/schedule/run_command.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/format.h"
#include "store/platform/home.h"
#include "store/process/priority.h"
#include "store/process/process_roles.h"

namespace envstore {
namespace {

// do not change: units of earlier versions are found by these lines
constexpr std::string_view kMark = "# Made by 'envstore schedule install'";
constexpr std::string_view kStore = "# store: ";
constexpr std::string_view kCalendar = "OnCalendar=";

std::string timer_of(const std::string& job) {
  return "envstore-" + job + ".timer";
}
std::string service_of(const std::string& job) {
  return "envstore-" + job + ".service";
}

enum class Word { program, argument };

/// Quotes a word of ExecStart=. `%` begins a specifier everywhere, `$` a variable except in the program's
/// path.
std::string unit_word(const std::string& text, Word word) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '%' || (c == '$' && word == Word::argument)) quoted += c;
    quoted += c;
  }
  return quoted + "\"";
}

std::string head_of(const ScheduleSettings& settings, const PlannedJob& job) {
  return format_text("{}; 'envstore schedule remove' removes it.\n{}{}\n[Unit]\nDescription={}\n", kMark,
                     kStore, settings.store, job.description);
}

std::string service_text(const ScheduleSettings& settings, const PlannedJob& job) {
  std::string command = unit_word(settings.program, Word::program) + " " + role::kScheduledJob + " --store " +
                        unit_word(settings.store, Word::argument);
  if (!settings.config_home.empty())
    command += " --config-home " + unit_word(settings.config_home, Word::argument);
  return head_of(settings, job) + format_text(
                                      "\n[Service]\nType=oneshot\nExecStart={} {}\nUMask=0077\nNice={}\n"
                                      "IOSchedulingClass=best-effort\nIOSchedulingPriority=7\n",
                                      command, job.name, priority::kMildNice);
}

std::string timer_text(const ScheduleSettings& settings, const PlannedJob& job) {
  return head_of(settings, job) +
         format_text(
             "\n[Timer]\n{}{}*-*-* {:02}:{:02}:00\nPersistent=true\nRandomizedDelaySec=15min\n\n[Install]\n"
             "WantedBy=timers.target\n",
             kCalendar, job.time.every == JobTime::Every::sunday ? "Sun " : "", job.time.minute_of_day / 60,
             job.time.minute_of_day % 60);
}

std::optional<JobTime> time_of(const std::string& timer) {
  const std::size_t at = timer.find("\n" + std::string(kCalendar));
  if (at == std::string::npos) return std::nullopt;
  std::string text = timer.substr(at + 1 + kCalendar.size());
  JobTime time;
  if (text.starts_with("Sun ")) {
    time.every = JobTime::Every::sunday;
    text.erase(0, 4);
  }
  int hour = -1, minute = -1;
  if (std::sscanf(text.c_str(), "*-*-* %2d:%2d:00", &hour, &minute) != 2 || hour < 0 || minute < 0)
    return std::nullopt;
  time.minute_of_day = hour * 60 + minute;
  return time;
}

/// All files that an installed schedule can consist of, relative to the directory of units.
std::vector<std::string> possible_files() {
  std::vector<std::string> files;
  for (const std::string& job : job_names()) {
    files.push_back(timer_of(job));
    files.push_back(service_of(job));
  }
  return files;
}

std::optional<std::string> read_unit(const std::string& path) {
  constexpr std::size_t kLimit = 1 << 20;
  if (!stat_at(AT_FDCWD, path, Links::do_not_follow)) return std::nullopt;
  return try_read_file(AT_FDCWD, path, kLimit);
}

bool is_ours(const std::string& unit) {
  return unit.starts_with(kMark);
}

void require_ours(const std::string& directory) {
  for (const std::string& file : possible_files())
    if (const auto unit = read_unit(directory + "/" + file); unit && !is_ours(*unit))
      throw Error(
          ErrorKind::usage,
          format_text("cannot write '{}/{}': envstore has not made the one that is there", directory, file),
          "rename or remove it, then install the schedule again");
}

void systemctl(std::vector<std::string> words) {
  words.insert(words.begin(), {"systemctl", "--user"});
  const auto result = run_command(words);
  if (result && result->exit_code == 0) return;
  throw Error(ErrorKind::io,
              format_text("cannot {} the timers: {}", words[2],
                          result ? result->stderr_text : "there is no systemctl(1)"),
              "'systemctl --user status' shows more");
}

bool remove_unit(const std::string& directory, const std::string& file) {
  const auto unit = read_unit(directory + "/" + file);
  if (!unit || !is_ours(*unit)) return false;
  unlink_if_there(AT_FDCWD, directory + "/timers.target.wants/" + file);
  return unlink_if_there(AT_FDCWD, directory + "/" + file);
}

bool is_wanted(const std::vector<std::pair<std::string, std::string>>& units, const std::string& file) {
  for (const auto& [name, text] : units)
    if (name == file) return true;
  return false;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> systemd_units(const ScheduleSettings& settings) {
  require_one_line(settings.program);
  require_one_line(settings.store);
  if (!settings.config_home.empty()) require_one_line(settings.config_home);
  std::vector<std::pair<std::string, std::string>> units;
  for (const PlannedJob& job : planned_jobs(settings)) {
    units.emplace_back(service_of(job.name), service_text(settings, job));
    units.emplace_back(timer_of(job.name), timer_text(settings, job));
  }
  return units;
}

bool is_user_manager_there() {
  const auto result = run_command({"systemctl", "--user", "show-environment"});
  return result && result->exit_code == 0;
}

std::optional<std::string> unit_directory() {
  const std::string config = variable_or_empty("XDG_CONFIG_HOME"), home = home_directory();
  if (config.starts_with('/')) return config + "/systemd/user";
  if (home.starts_with('/')) return home + "/.config/systemd/user";
  return std::nullopt;
}

void install_units(const ScheduleSettings& settings) {
  const auto units = systemd_units(settings);
  const auto directory = unit_directory();
  if (!directory)
    throw Error(ErrorKind::usage,
                "cannot schedule: HOME is not set, nor is there an entry of this user in /etc/passwd, so "
                "there is no folder for units");
  require_ours(*directory);
  make_directories(AT_FDCWD, *directory, 0755);
  for (const std::string& file : possible_files()) {
    if (is_wanted(units, file)) continue;
    if (file.ends_with(".timer") && read_unit(*directory + "/" + file)) systemctl({"stop", file});
    remove_unit(*directory, file);
  }
  std::vector<std::string> enable = {"enable"}, restart = {"restart"};
  for (const auto& [file, text] : units) {
    if (read_unit(*directory + "/" + file) != text)
      replace_file(AT_FDCWD, *directory + "/" + file, text, 0644);
    if (!file.ends_with(".timer")) continue;
    enable.push_back(file);
    restart.push_back(file);
  }
  systemctl({"daemon-reload"});
  systemctl(enable);
  systemctl(restart);
}

bool remove_units() {
  const auto directory = unit_directory();
  if (!directory) return false;
  const bool has_manager = find_units() && is_user_manager_there();
  bool any = false;
  for (const std::string& file : possible_files()) {
    if (has_manager && file.ends_with(".timer"))
      if (const auto unit = read_unit(*directory + "/" + file); unit && is_ours(*unit))
        systemctl({"stop", file});
    any = remove_unit(*directory, file) || any;
  }
  if (any && has_manager) systemctl({"daemon-reload"});
  return any;
}

std::optional<InstalledSchedule> find_units() {
  const auto directory = unit_directory();
  if (!directory) return std::nullopt;
  InstalledSchedule schedule;
  for (const std::string& job : job_names()) {
    const auto timer = read_unit(*directory + "/" + timer_of(job));
    if (!timer || !is_ours(*timer)) continue;
    schedule.jobs.push_back({job, time_of(*timer)});
    const std::size_t at = timer->find(kStore);
    if (at == std::string::npos) continue;
    const std::size_t start = at + kStore.size();
    schedule.store = timer->substr(start, timer->find('\n', start) - start);
  }
  if (schedule.jobs.empty()) return std::nullopt;
  return schedule;
}

bool is_timer_stopped(const std::string& job) {
  const auto result = run_command({"systemctl", "--user", "is-active", timer_of(job)});
  return result && (result->output == "inactive\n" || result->output == "failed\n");
}

bool lingers() {
  const passwd* user = getpwuid(geteuid());
  return user != nullptr &&
         access(("/var/lib/systemd/linger/" + std::string(user->pw_name)).c_str(), F_OK) == 0;
}

}  // namespace envstore
