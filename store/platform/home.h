#pragma once
#include <string>

namespace envstore {

/// HOME, or if it is not set (cron, containers, some daemons) the home directory in this user's entry of
/// /etc/passwd; empty if there is neither.
std::string home_directory();

/// The home directory in /etc/passwd alone; ignores HOME.
std::string home_in_passwd();

}  // namespace envstore
