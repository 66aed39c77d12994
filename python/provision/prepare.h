#pragma once
#include <string>

#include "python/launch/launch.h"
#include "python/provision/report.h"
#include "python/provision/request.h"
#include "python/resolve/progress.h"
#include "python/settings/bytecode_mode.h"
#include "store/leases/lease.h"

namespace envstore {

/// A leased environment, ready to be launched.
struct PreparedRun {
  Lease lease;
  LaunchPlan plan;
  ProvisionReport report;
  bool from_run_cache = false;
};

/// A run that the run cache does not know: interpreter, layers, locks,
/// snapshots, plan, and a new run cache entry. Throws Error; then only cached data is left.
PreparedRun prepare_run(StoreWriter& store, const Request& request, Progress& progress);

/// Starts the program's hidden command `finish-run` as a detached process of low priority, unless nothing is
/// left to do. Called while the child runs: costs one read transaction if nothing is left to do. Never
/// throws: a later run finishes what this one does not.
void finish_in_background(StoreWriter& store, const LaunchPlan& plan, BytecodeMode mode) noexcept;
/// The work of that process: promotion, then bytecode, which one process per store compiles at a time.
/// `plan_hex`: as passed by finish_in_background.
void finish_run(StoreWriter& store, const std::string& plan_hex, BytecodeMode mode);

}  // namespace envstore
