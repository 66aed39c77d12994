#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "python/provision/prepare.h"
#include "store/index/rows.h"

namespace envstore {

/// Every raw word that decides a run's environment, unparsed. Two runs with the same text, and the watched
/// paths unchanged, have the same plan. What an outer run of this store has put into PATH and VIRTUAL_ENV is
/// no such word: it differs with every run.
std::string memo_text(const Store& store, const RunRequest& request, std::string_view script_block,
                      const std::optional<PythonVersionFile>& python_version_file);

/// The path as it is now, for a memo to depend on.
WatchedPath watch(const std::string& path);
bool is_unchanged(const WatchedPath& watched);

/// The text of a run whose requirements files refer to variables: their values count, which the words of the
/// run do not tell. Values are hashed: they may be secrets. nullopt: which variables these are is not known,
/// or a file has changed. Of a run without such files: `text` itself, and nothing is looked up.
std::optional<std::string> text_with_variables(Store& store, const RunRequest& request,
                                               const std::string& text);
/// Remembers the names for it, and returns the text. `files`: those that refer to the variables.
std::string keep_variables(Store& store, const std::string& text, const std::set<std::string>& names,
                           std::vector<WatchedPath> files, const std::vector<SnapshotId>& snapshots);

/// The plan of an earlier run with the same text, nothing it depends on having changed since.
std::optional<MemoRow> find_memo(Store& store, const std::string& text);
void keep_memo(Store& store, const std::string& text, std::vector<WatchedPath> watched,
               const LaunchPlan& plan);

}  // namespace envstore
