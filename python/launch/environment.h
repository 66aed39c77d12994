#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "python/launch/launch.h"

namespace envstore {

/// NAME=VALUE entries of a run's environment: `inherited` (this process's environment) overridden by `added`.
/// VIRTUAL_ENV is the scratch; PATH is the scratch's bin, the layers' bins, then the previous PATH without
/// the entries of an outer run (scratches and snapshots of this store); ENVSTORE_LEASE is the lease.
/// PYTHONHOME is removed: with it Python would bypass the environment.
std::vector<std::string> run_environment(const std::vector<std::string>& inherited,
                                         const std::vector<std::pair<std::string, std::string>>& added,
                                         const StoreReader& store, const LaunchPlan& plan,
                                         const std::string& scratch, const std::string& lease);

/// PATH without the scratches and snapshots of this store, which an outer run added: `:ENTRY` for each
/// remaining entry.
std::string without_runs(std::string_view path_variable, const StoreReader& store);
/// Whether the path is, or is inside, the scratch or a snapshot of some run of this store.
bool is_inside_runs(std::string_view path, const StoreReader& store);

/// The value of `name` in NAME=VALUE entries; empty if there is none.
std::string_view value_in(const std::vector<std::string>& environment, std::string_view name);

std::vector<std::string> own_environment();

}  // namespace envstore
