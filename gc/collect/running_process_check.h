#pragma once
#include <cstdint>
#include <set>
#include <vector>

#include "gc/collect/collect.h"

namespace envstore {

/// The snapshots and trees, among those about to be deleted, that running processes use according to /proc.
struct RunningProcessCheck {
  std::vector<GcReport::StillInUse> snapshots;
  std::set<TreeId> trees;
};

/// Looks for processes that use `going` (positions in Census::snapshots), the trees that only these name, or
/// `unused_trees`, without a lease that shows it: in environ, exe, cwd, maps and open files of each visible
/// process.
RunningProcessCheck check_running_processes(const StoreReader& store, const Census& census,
                                            const std::vector<std::uint32_t>& going,
                                            const std::vector<std::uint32_t>& unused_trees);

}  // namespace envstore
