#pragma once
#include <optional>
#include <string>

#include "gc/schedule/schedule_jobs.h"

namespace envstore {

/// The user's crontab, through crontab(1); "" when there is none. nullopt: no such program, or the user may
/// not use it. Throws when it cannot be read for any other reason: nothing may be written over it then.
std::optional<std::string> read_crontab();
/// Installs it; an empty one is removed. Throws unless crontab(1) then tells the same text.
void write_crontab(const std::string& text);

/// Our region in it. nullopt: there is none.
std::optional<InstalledSchedule> find_region(const std::string& crontab);

/// One that could run the jobs is among the processes that can be seen.
bool is_cron_daemon_running();

}  // namespace envstore
