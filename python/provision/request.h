#pragma once
#include <optional>
#include <string>
#include <vector>

#include "pypackaging/script.h"
#include "python/interpreter/interpreter.h"
#include "python/launch/launch.h"
#include "python/lock/lock_choice.h"
#include "python/settings/resolution_settings.h"
#include "python/settings/script_metadata.h"
#include "store/index/rows.h"

namespace envstore {

/// The words of one `envstore run`, with the settings unparsed: all that the run cache needs.
struct RunWords {
  Target target;
  /// The script's PEP 723 block is read from this text when the target is a script or standard input.
  std::optional<std::string> script_text;
  std::string script_path;                     ///< absolute, for labels and relative references; empty: none
  std::vector<std::string> with;               ///< requirement texts, in order
  std::vector<std::string> with_requirements;  ///< absolute paths of requirements files
  LockChoice lock_choice;                      ///< of the lock files among them
  std::string python;                          ///< --python or its variable; empty: not given
  Layout layout = Layout::farm;
  bool isolated = false;                  ///< VIRTUAL_ENV is ignored
  bool refresh = false, upgrade = false;  ///< bypass the run cache and the request's stored answer
  std::vector<std::string> refresh_packages, upgrade_packages;  ///< the same for these; requirement texts
  /// What a lock beside the script means. `check`: it must answer the script's block.
  enum class ScriptLock { check, trust, ignore } script_lock = ScriptLock::check;
  bool requires_lock = false;  ///< a flag expects a lock: without one, a warning
  bool offline = false;
  bool compile_bytecode = false;
  /// Everything else that determines the environment: index flags, resolution flags, the values of the
  /// environment variables that matter (ENVSTORE_*, UV_*, PIP_*, HOME, XDG_CONFIG_HOME, ...). Unparsed, so
  /// that a warm run parses nothing; the run cache compares it as text.
  std::string raw_settings;
  bool operator==(const RunWords&) const = default;
};

/// Whether the request repeats work that an earlier run with the same key has done.
inline bool bypasses_run_cache(const RunWords& request) {
  return request.refresh || request.upgrade || request.compile_bytecode ||
         !request.refresh_packages.empty() || !request.upgrade_packages.empty();
}

/// The inputs that determine a run's environment, as far as they are known without parsing.
struct RunKey {
  std::optional<pypackaging::ScriptBlock> block;
  /// A line that was meant to open a block: the run cache is bypassed, so that every run prints the warning.
  std::optional<pypackaging::ParseError> misspelt_block;
  std::optional<PythonVersionFile> python_version_file;
  std::string text;  ///< run_cache_key
  bool operator==(const RunKey&) const = default;
};

/// A setting in effect: its value as text, and its origin (a flag, a variable, a file, "built in").
struct SettingSource {
  std::string name, value, source;
  bool operator==(const SettingSource&) const = default;
};

/// The request of the user, read completely: the first of the values from which a run is made (Request,
/// Layers, Lock, Snapshots, LaunchPlan).
struct Request {
  RunWords words;
  RunKey key;             ///< computed once, and used until the run cache entry is written
  ScriptMetadata script;  ///< of the script's block; empty without one
  ResolutionSettings settings;
  std::vector<SettingSource> sources;  ///< where the settings come from
  /// Configuration files, present or not, whose changes invalidate the run cache entry.
  std::vector<WatchedPath> watched;
  bool operator==(const Request&) const = default;
};

/// The printed form: compact JSON, without the program's arguments and without secrets of URLs.
std::string to_json(const Request& request);

/// Applies --offline, --refresh, --upgrade and the same for single packages.
void apply_flags(const RunWords& words, ResolutionSettings& settings);

}  // namespace envstore
