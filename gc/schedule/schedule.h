#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace envstore {

/// Which jobs run, and when.
struct ScheduleSettings {
  std::string program;             ///< absolute path of envstore
  std::string store;               ///< absolute
  std::string daily_at = "03:30";  ///< HH:MM, local time
  bool with_verify = true;
  /// XDG_CONFIG_HOME for the jobs, absolute; empty: that of their environment.
  std::string config_home = {};
};

enum class Scheduler { systemd_user, crontab };

struct ScheduleStatus {
  bool is_installed = false;
  Scheduler scheduler = Scheduler::crontab;
  struct Job {
    std::string name;                     ///< `gc`, `verify`, `verify-sample`
    std::string when;                     ///< for people
    std::optional<std::int64_t> last_ns;  ///< when its last run ended
    std::optional<int> last_exit;
    std::string last_line;  ///< of its log; if the run failed, its error
    bool is_running = false;
    bool was_interrupted = false;  ///< a later run began, and has not recorded an end
    std::optional<std::int64_t> next_ns;
  };
  std::vector<Job> jobs;
  std::string store;  ///< the store that the jobs work on
  std::string log_directory;
  std::vector<std::string> notes;  ///< why the jobs may not run, for people
};

/// The units by file name, with their content. Pure. Throws Error{usage} for an invalid time, and for a path
/// with control characters.
std::vector<std::pair<std::string, std::string>> systemd_units(const ScheduleSettings& settings);
/// `crontab` with envstore's marked region added, replaced, or (settings nullopt) removed; every other byte
/// stays. Pure. Throws Error{usage} for a region without its end line, and for what a crontab cannot express.
std::string with_region(const std::string& crontab, const std::optional<ScheduleSettings>& settings);

/// A systemd user manager if one answers, else crontab(1). Throws Error{usage} that says what is missing.
Scheduler available_scheduler();
/// There is one schedule per user: one of another store or scheduler is replaced.
void install_schedule(const ScheduleSettings& settings);
bool remove_schedule();  ///< false: there was none
ScheduleStatus schedule_status(const std::string& store);

}  // namespace envstore
