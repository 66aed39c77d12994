#pragma once
#include <string>

namespace envstore {

/// HOME, or where it is not set (cron, containers, some daemons) the home directory in this user's entry of
/// /etc/passwd; empty: neither says.
std::string home_directory();

/// That of the entry alone, whatever HOME says.
std::string home_in_passwd();

}  // namespace envstore
