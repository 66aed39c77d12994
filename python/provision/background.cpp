#include "python/provision/prepare.h"
#include "store/leases/daily_turn.h"
#include "store/platform/error.h"
#include "store/process/process_roles.h"
#include "store/process/spawn.h"
#include "store/snapshots/slots.h"

namespace envstore {
namespace {

bool is_work_left(const StoreReader& store, const LaunchPlan& plan, BytecodeMode mode) {
  if (store.index().has_unpromoted() || is_daily_turn_due(store)) return true;
  if (mode != BytecodeMode::background) return false;
  for (const LayerPlan& layer : plan.layers)
    if (!are_slots_complete(store, layer.snapshot)) return true;
  return false;
}

/// Keeps only what finish-run needs, because there may be many script names.
LaunchPlan without_names(LaunchPlan plan) {
  for (LayerPlan& layer : plan.layers) {
    layer.scripts.clear();
    layer.prefix_entries.clear();
  }
  return plan;
}

}  // namespace

void finish_in_background(StoreWriter& store, const LaunchPlan& plan, BytecodeMode mode) noexcept {
  try {
    if (store.is_read_only()) {
      remove_dead_leases(store);  // of runs that were killed
      return;
    }
    if (!is_work_left(store, plan, mode)) return;
    const std::string encoded = without_names(plan).encode();
    const auto bytes = reinterpret_cast<const std::uint8_t*>(encoded.data());
    const std::string mode_word = mode == BytecodeMode::background ? "background" : "never";
    spawn_detached(role::kOwnProgram,
                   role::arguments(role::kFinishRun, {"--store", store.path(), "--bytecode", mode_word,
                                                      to_hex({bytes, encoded.size()})}));
  } catch (const std::exception&) {
    // The run goes on without it: the next run finds the same work left.
  }
}

}  // namespace envstore
