#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "python/interpreter/interpreter.h"
#include "python/launch/launch.h"
#include "python/provision/report.h"
#include "python/resolve/progress.h"
#include "python/settings/bytecode_mode.h"
#include "python/settings/resolution_settings.h"
#include "python/settings/script_settings.h"
#include "store/leases/lease.h"

namespace envstore {

/// One `envstore run`, as parsed by cli.
struct RunRequest {
  Target target;
  /// The script's PEP 723 block is read from this text when the target is a script or standard input.
  std::optional<std::string> script_text;
  std::string script_path;                     ///< absolute, for labels and relative references; empty: none
  std::vector<std::string> with;               ///< requirement texts, in order
  std::vector<std::string> with_requirements;  ///< absolute paths of requirements files
  std::string python;                          ///< --python or its variable; empty: not given
  Layout layout = Layout::farm;
  bool isolated = false;                  ///< VIRTUAL_ENV is ignored
  bool refresh = false, upgrade = false;  ///< bypass the run cache and the request's stored answer
  std::vector<std::string> refresh_packages, upgrade_packages;  ///< the same for these; requirement texts
  bool ignore_lock = false;                                     ///< run despite a lock beside the script
  bool offline = false;
  bool compile_bytecode = false;
  /// Everything else that determines the environment: index flags, resolution flags, the values of the
  /// environment variables that matter (ENVSTORE_*, UV_*, PIP_*, HOME, XDG_CONFIG_HOME, ...). Unparsed, so
  /// that a warm run parses nothing; the run cache compares it as text.
  std::string raw_settings;
  /// Configuration files, present or not, whose changes invalidate the run cache entry. Called on a run cache
  /// miss only.
  std::function<std::vector<WatchedPath>()> watched_settings;
  /// Parses raw_settings and the configuration files. Called on a run cache miss only.
  std::function<ResolutionSettings(const ScriptSettings&)> settings;
};

/// Whether the request repeats work that an earlier run with the same key has done.
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

/// Steps 1-3 of DESIGN section 6: run cache hit -> lease, in one read and one write transaction; otherwise
/// interpreter, metadata, requirements, layers, snapshots, and a new run cache entry. Throws Error; then only
/// cached data is left behind.
PreparedRun prepare_run(Store& store, const RunRequest& request, Progress& progress);

/// Starts the program's hidden command `finish-run` as a detached process of low priority, unless nothing is
/// left to do. Called while the child runs: costs one read transaction if nothing is left to do. Never
/// throws: a later run finishes what this one does not.
void finish_in_background(Store& store, const LaunchPlan& plan, BytecodeMode mode) noexcept;
/// The work of that process: promotion, then bytecode, which one process per store compiles at a time.
/// `plan_hex`: as passed by finish_in_background.
void finish_run(Store& store, const std::string& plan_hex, BytecodeMode mode);

}  // namespace envstore
