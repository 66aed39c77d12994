#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace envstore {

/// A running process that uses a path or a lease of the store.
struct ProcessUse {
  std::int64_t pid = 0;
  std::string command;   ///< its arguments, for people
  std::string evidence;  ///< `environ`, `exe`, `cwd`, `maps`, `fd`, and the path or lease found there
};

/// Processes of this PID namespace whose environment, executable, working directory, maps or open files name
/// a path under one of `paths` (absolute), or whose environment names a lease of `leases`. Skips this
/// process, and those that may not be inspected (another user's). The last check before an unlink, never a
/// proof that nothing is in use. One entry per process, with the first evidence found. Throws
/// Error{unsupported} if /proc does not show even this process.
std::vector<ProcessUse> processes_using(const std::vector<std::string>& paths,
                                        const std::vector<std::string>& leases);

/// One of the paths, and a process that uses it.
struct PathUse {
  std::string path;
  ProcessUse by;
};
/// The same for paths alone, but with all of `paths` that a process uses, not only the first.
std::vector<PathUse> paths_in_use(const std::vector<std::string>& paths);

}  // namespace envstore
