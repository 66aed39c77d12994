#include "cli/commands/command.h"
#include "cli/options/gc_settings.h"
#include "gc/collect/collect.h"
#include "gc/collect/collection_due.h"
#include "python/provision/prepare.h"
#include "store/leases/daily_turn.h"
#include "store/platform/error.h"
#include "store/process/process_roles.h"

namespace envstore {
namespace {

constexpr OptionSpec kOptions[] = {{"bytecode", 0, "MODE", "background or never"}};

/// Collects once a day, and whenever the store exceeds the policy's caps. Errors are ignored: the process
/// runs in the background, and the next command that reads the policy reports a mistake in it. The daily turn
/// is taken before the collection, so that a failing collection is not repeated by every run.
void collect_if_due(StoreWriter& store, const Arguments& arguments) {
  if (store.is_read_only()) return;
  try {
    const bool is_daily_turn = take_daily_turn(store) == DailyTurn::taken;
    const Policy policy = gc_policy(gc_settings(arguments));
    if (is_daily_turn || is_collection_due(store, policy)) collect(store, {.policy = policy});
  } catch (const Error&) {
    return;
  }
}

/// The hidden command that a run starts in the background for work after the launch (finish_in_background).
int run_finish(const Arguments& arguments) {
  if (arguments.positionals().size() != 1)
    throw Error(ErrorKind::usage, "cannot finish a run: no plan was given",
                "a run calls this command by itself");
  const SystemClock clock;
  Store store = Store::open(arguments.value("store"), clock);
  const bool compiles = arguments.value("bytecode") == "background";
  finish_run(store, arguments.positionals().front(),
             compiles ? BytecodeMode::background : BytecodeMode::never);
  collect_if_due(store, arguments);
  return 0;
}

}  // namespace

const Command kFinishRunCommand = {
    .name = role::kFinishRun,
    .summary = {},
    .page = {},
    .options = kOptions,
    .positionals = Positionals::any,
    .run = run_finish,
};

}  // namespace envstore
