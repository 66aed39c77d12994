#pragma once
#include <optional>
#include <string>

#include "gc/schedule/schedule_jobs.h"

namespace envstore {

/// The user's crontab, through crontab(1); "" if there is none. nullopt: no such program, or the user may not
/// use it. Throws if it cannot be read for any other reason: it must not be overwritten then.
std::optional<std::string> read_crontab();
/// Installs `text`; an empty text removes the crontab. Throws unless crontab(1) then returns the same text.
void write_crontab(const std::string& text);

/// The region that envstore wrote in it. nullopt: there is none.
std::optional<InstalledSchedule> find_region(const std::string& crontab);

/// True if a cron daemon, which could run the jobs, is among the visible processes.
bool is_cron_daemon_running();

}  // namespace envstore
