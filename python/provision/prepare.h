#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "python/launch/launch.h"
#include "python/provision/progress.h"
#include "python/provision/provision.h"
#include "python/settings/script_settings.h"
#include "store/leases/lease.h"

namespace envstore {

/// One `envstore run`, as cli understood it.
struct RunRequest {
  Target target;
  /// The script's PEP 723 block is read from this text when the target is a script or standard input.
  std::optional<std::string> script_text;
  std::string script_path;                     ///< absolute, for labels and relative references; empty: none
  std::vector<std::string> with;               ///< requirement texts, in order
  std::vector<std::string> with_requirements;  ///< absolute paths of requirements files
  std::string python;                          ///< --python or its variable; empty: not asked
  Layout layout = Layout::farm;
  bool isolated = false;                  ///< VIRTUAL_ENV is not looked at
  bool refresh = false, upgrade = false;  ///< the memo and the request's answer are not used
  std::vector<std::string> refresh_packages, upgrade_packages;  ///< the same for these; requirement texts
  bool ignore_lock = false;                                     ///< a lock beside the script is no hindrance
  bool offline = false;
  bool compile_bytecode = false;
  /// Every raw word that decides the environment and is not named above: index flags, resolution flags, the
  /// values of the environment variables that matter (ENVSTORE_*, UV_*, PIP_*, HOME, XDG_CONFIG_HOME, ...).
  /// Unparsed, so that a warm run parses nothing; the memo compares it as text.
  std::string raw_settings;
  /// Configuration files whose change must be noticed (present or not). Called on a memo miss only.
  std::function<std::vector<WatchedPath>()> watched_settings;
  /// Parses what raw_settings and the files say. Called on a memo miss only.
  std::function<ResolutionSettings(const ScriptSettings&)> settings;
};

/// Whether the request wants something done that a run of the same words did before.
inline bool wants_anew(const RunRequest& request) {
  return request.refresh || request.upgrade || request.compile_bytecode ||
         !request.refresh_packages.empty() || !request.upgrade_packages.empty();
}

/// A leased environment, ready to be launched.
struct PreparedRun {
  Lease lease;
  LaunchPlan plan;
  ProvisionReport report;
  bool from_memo = false;
};

/// Steps 1-3 of DESIGN section 6: memo hit -> lease, in one read and one write transaction; otherwise
/// interpreter, metadata, requirements, layers, snapshots, and a new memo. Throws Error; nothing is left
/// behind then but the cache.
PreparedRun prepare_run(Store& store, const RunRequest& request, Progress& progress);

/// What is left to do when an environment has been started: make its rows durable, compile its bytecode.
enum class BytecodeMode { background, foreground, never };

/// Starts the program's hidden command `finish-run` as a detached process of low priority, unless nothing is
/// left to do. Called while the child runs: costs one read transaction when all is done. Never throws: what
/// is not finished now, a later run finishes.
void finish_in_background(Store& store, const LaunchPlan& plan, BytecodeMode mode) noexcept;
/// What that process does: promotion first, then bytecode, which of several in one store one compiles at a
/// time. `plan_hex`: as finish_in_background passed it.
void finish_run(Store& store, const std::string& plan_hex, BytecodeMode mode);

}  // namespace envstore
