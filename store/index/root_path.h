#pragma once
#include <optional>
#include <string>

namespace envstore {

/// Why no store can be at the absolute path `root`, whatever the disk: commands of an environment are found
/// through PATH, which colons divide and nothing escapes; and the paths of files below it must fit into
/// PATH_MAX. nullopt: it can be.
std::optional<std::string> reason_against_path(const std::string& root);

/// `chmod -R a-w`: neither the root nor what runs write to can be written by this user. Such a store is a
/// read-only one.
bool is_unwritable(int root);

inline constexpr const char* kRootPathHint =
    "set ENVSTORE_ROOT (or --store) to another path; a link that leads there will do";

}  // namespace envstore
