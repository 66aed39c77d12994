#pragma once
#include <optional>
#include <string>
#include <utility>

#include "pypackaging/script.h"
#include "python/provision/prepare.h"

namespace envstore {

/// What decides a run's environment, as far as it can be told without parsing.
struct RunKey {
  std::optional<pypackaging::ScriptBlock> block;
  /// A line that was meant to open a block: the run is not looked up, so that each run tells of it.
  std::optional<pypackaging::ParseError> misspelt_block;
  std::optional<PythonVersionFile> python_version_file;
  std::string memo_text;
};

/// Throws Error{invalid_input} when the script's metadata block is not closed or stands twice.
RunKey key_of(const Store& store, const RunRequest& request);

/// The whole warm path: the memo of an earlier run with the same words, and a lease on its snapshots.
/// nullopt: there is none, something that it depends on has changed, or the request wants it anew. Needs
/// nothing that prepare_run needs, so that a program can be built of it that starts at once.
std::optional<PreparedRun> known_run(Store& store, const RunRequest& request, const RunKey& key);

/// For people: the script's path, or what is started.
std::string label_of(const RunRequest& request);
/// The script's folder, or the working directory.
std::string directory_of(const RunRequest& request);

}  // namespace envstore
