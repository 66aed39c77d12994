#pragma once
#include <optional>
#include <string>

#include "gc/schedule/schedule_jobs.h"

namespace envstore {

/// A systemd user manager answers.
bool is_user_manager_there();

/// The folder of the user's own units; nullopt: neither XDG_CONFIG_HOME nor HOME says where.
std::optional<std::string> unit_directory();

/// Writes the units that differ, takes away those no longer wanted, and starts the timers. Throws
/// Error{usage} for a unit of that name which this program has not made, before anything is changed.
void install_units(const ScheduleSettings& settings);
/// With or without a manager. False: there were none.
bool remove_units();
/// nullopt: there are none.
std::optional<InstalledSchedule> find_units();
/// The manager answers, and says that this job's timer does not run.
bool is_timer_stopped(const std::string& job);
/// Timers of this user run without a login, too.
bool lingers();

}  // namespace envstore
