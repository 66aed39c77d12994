#pragma once
#include <optional>
#include <string>

#include "gc/schedule/schedule_jobs.h"

namespace envstore {

/// True if a systemd user manager answers.
bool is_user_manager_there();

/// The directory of the user's own units; nullopt: neither XDG_CONFIG_HOME nor the home directory is known.
std::optional<std::string> unit_directory();

/// Writes the units that differ, removes those that are no longer needed, and starts the timers. Throws
/// Error{usage}, before anything is changed, if a unit of that name was not made by this program.
void install_units(const ScheduleSettings& settings);
/// Also works without a user manager. False: there were no units.
bool remove_units();
/// nullopt: there are none.
std::optional<InstalledSchedule> find_units();
/// True if the manager answers and reports that this job's timer does not run.
bool is_timer_stopped(const std::string& job);
/// True if timers of this user also run while the user is not logged in.
bool lingers();

}  // namespace envstore
