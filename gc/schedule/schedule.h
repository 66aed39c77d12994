#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace envstore {

/// What runs when (DESIGN section 8, end).
struct ScheduleSettings {
  std::string program;             ///< absolute path of envstore
  std::string store;               ///< absolute
  std::string daily_at = "03:30";  ///< HH:MM, local time
  bool with_verify = true;
  std::string config_home = {};  ///< XDG_CONFIG_HOME for the jobs, absolute; empty: what they find
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
    std::string last_line;  ///< of its log; of one that failed, its error
    bool is_running = false;
    bool was_interrupted = false;  ///< a later run than that began, and ended without a word
    std::optional<std::int64_t> next_ns;
  };
  std::vector<Job> jobs;
  std::string store;  ///< the one that the jobs work on
  std::string log_directory;
  std::vector<std::string> notes;  ///< why it may not run, for people
};

/// The units by file name, with their content. Pure. Throws Error{usage} for a time that is none, and for a
/// path with control characters.
std::vector<std::pair<std::string, std::string>> systemd_units(const ScheduleSettings& settings);
/// `crontab` with our marked region made, replaced, or (settings nullopt) removed; every other byte stays.
/// Pure. Throws Error{usage} for a region whose end is missing, and for what a crontab cannot express.
std::string with_region(const std::string& crontab, const std::optional<ScheduleSettings>& settings);

/// A systemd user manager that answers, else crontab(1). Throws Error{usage} that says what is missing.
Scheduler available_scheduler();
/// One schedule a user: one of another store or scheduler is replaced.
void install_schedule(const ScheduleSettings& settings);
bool remove_schedule();  ///< false: there was none
ScheduleStatus schedule_status(const std::string& store);

}  // namespace envstore
