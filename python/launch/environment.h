#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "python/launch/launch.h"

namespace envstore {

/// NAME=VALUE entries of a run's environment, from `inherited` (the own) with `added` on top. VIRTUAL_ENV is
/// the scratch; PATH the scratch's bin, the layers' bins, then what it was without the scratches and
/// snapshots of this store (an outer run's); ENVSTORE_LEASE the lease. PYTHONHOME would lead Python past the
/// environment and is left out.
std::vector<std::string> run_environment(const std::vector<std::string>& inherited,
                                         const std::vector<std::pair<std::string, std::string>>& added,
                                         const Store& store, const LaunchPlan& plan,
                                         const std::string& scratch, const std::string& lease);

/// PATH without the scratches and snapshots of this store, which an outer run has put there: `:ENTRY` for
/// each entry that is left.
std::string without_runs(std::string_view path_variable, const Store& store);
/// The path is, or lies in, the scratch or the snapshot of some run of this store.
bool is_inside_runs(std::string_view path, const Store& store);

/// nullptr-safe: the value in NAME=VALUE entries; empty when it is not there.
std::string_view value_in(const std::vector<std::string>& environment, std::string_view name);

std::vector<std::string> own_environment();

}  // namespace envstore
