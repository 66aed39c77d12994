#pragma once
#include <optional>
#include <string>

namespace envstore {

/// Why a store cannot be at the absolute path `root`, independent of the disk: commands of an environment are
/// found through PATH, which separates entries by colons and has no escaping; and the paths of files below
/// the root must fit into PATH_MAX. nullopt: it can be there.
std::optional<std::string> reason_against_path(const std::string& root);

/// True if this user can write neither to the root nor to the directory of leases (`chmod -R a-w`). Such a
/// store is treated as read-only.
bool is_unwritable(int root);

inline constexpr const char* kRootPathHint =
    "set ENVSTORE_ROOT (or --store) to another path; a link that leads there will do";

}  // namespace envstore
