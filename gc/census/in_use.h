#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace envstore {

/// A running process that sees something of the store.
struct ProcessUse {
  std::int64_t pid = 0;
  std::string command;   ///< its arguments, for people
  std::string evidence;  ///< `environ`, `exe`, `cwd`, `maps`, `fd`, and the path or lease found there
};

/// Processes of this PID namespace whose environment, executable, working directory, maps or open files name
/// a path under one of `paths` (absolute) or a lease of `leases`. What may not be looked at (another user's)
/// is passed over, and so is this process. The last net before an unlink, never a proof that nobody uses a
/// thing. One entry a process, with the first evidence.
std::vector<ProcessUse> processes_using(const std::vector<std::string>& paths,
                                        const std::vector<std::string>& leases);

/// One of the paths, and a process that uses it.
struct PathUse {
  std::string path;
  ProcessUse by;
};
/// The same, with every one of `paths` that a process uses.
std::vector<PathUse> paths_in_use(const std::vector<std::string>& paths);

}  // namespace envstore
