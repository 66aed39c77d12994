#pragma once
#include <cstdint>
#include <set>
#include <vector>

#include "gc/collect/collect.h"

namespace envstore {

/// What /proc tells of the snapshots and trees that are about to go.
struct RunningProcessCheck {
  std::vector<GcReport::StillInUse> snapshots;
  std::set<TreeId> trees;
};

/// Who uses `going` (places in Census::snapshots), the trees that only these name, or `unused_trees`, without
/// a lease that tells: environ, exe, cwd, maps and open files of each process that can be seen.
RunningProcessCheck check_running_processes(const Store& store, const Census& census,
                                            const std::vector<std::uint32_t>& going,
                                            const std::vector<std::uint32_t>& unused_trees);

}  // namespace envstore
