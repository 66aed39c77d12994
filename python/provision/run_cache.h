#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "python/provision/request.h"
#include "store/index/rows.h"

namespace envstore {

/// The run cache key: every argument, setting and variable that determines a run's environment, unparsed. Two
/// runs with the same text, and the watched paths unchanged, have the same plan. Excludes what an outer run
/// of this store added to PATH and VIRTUAL_ENV, which differs with every run.
std::string run_cache_key(const StoreReader& store, const RunWords& request, std::string_view script_block,
                          const std::optional<PythonVersionFile>& python_version_file);

/// The current state of the path, as a dependency of a run cache entry.
WatchedPath watch(const std::string& path);
bool is_unchanged(const WatchedPath& watched);

/// `text`, extended by the values of the environment variables that the run's requirements files refer to.
/// Values are hashed, because they may be secrets. nullopt: the names of the variables are not known, or a
/// file has changed. For a run without requirements files: `text` itself, without a lookup.
std::optional<std::string> text_with_variables(const StoreReader& store, const RunWords& request,
                                               const std::string& text);
/// Stores the names for text_with_variables, and returns the extended text. `files`: the requirements files.
std::string keep_variables(StoreWriter& store, const std::string& text, const std::set<std::string>& names,
                           std::vector<WatchedPath> files, const std::vector<SnapshotId>& snapshots);

/// The entry of an earlier run with the same text, provided that none of its watched paths has changed since.
std::optional<CachedRunRow> find_run(const StoreReader& store, const std::string& text);
void keep_run(StoreWriter& store, const std::string& text, std::vector<WatchedPath> watched,
              const LaunchPlan& plan);

}  // namespace envstore
