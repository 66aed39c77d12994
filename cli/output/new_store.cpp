#include "cli/output/new_store.h"

#include "cli/options/gc_settings.h"
#include "cli/options/run_request.h"
#include "cli/output/print.h"
#include "store/leases/daily_turn.h"
#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

bool has_trees(const StoreReader& store) {
  try {
    return !list_directory(store.root(), store_paths::kTrees).empty();
  } catch (const Error&) {
    return true;  // an unreadable store is not a new one
  }
}

std::string rules() {
  try {
    return rules_text(gc_policy(gc_settings()));
  } catch (const Error&) {
    return "has an invalid rule: `envstore config` shows it";
  }
}

/// True if this is the first run in the store. A run does not fail when the daily turn cannot be taken.
bool is_first_turn(StoreWriter& store) {
  try {
    return take_daily_turn(store) == DailyTurn::first;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

void tell_of_new_store(StoreWriter& store, const Arguments& arguments) {
  if (store.is_read_only() || !is_first_turn(store)) return;
  if (verbosity_of(arguments) == Verbosity::quiet) return;
  const std::string store_name = format_text("the store '{}'", store.path());
  print_message(format_text("{} {} (`envstore help gc`)\n",
                            has_trees(store) ? store_name : "made " + store_name + ", which", rules()));
}

}  // namespace envstore
