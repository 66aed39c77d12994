#include "cli/commands/command.h"
#include "cli/options/gc_settings.h"
#include "gc/collect/collect.h"
#include "gc/collect/collection_due.h"
#include "python/provision/prepare.h"
#include "store/leases/daily_turn.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

constexpr OptionSpec kOptions[] = {{"bytecode", 0, "MODE", "background or never"}};

/// Once a day, and when what the run brought is more than the policy allows. Nobody waits for it, and nobody
/// reads what it says: a mistake in the policy is told by the next command that reads it. The day's turn is
/// taken first: what fails is not tried by every run.
void collect_if_due(Store& store, const Arguments& arguments) {
  if (store.is_read_only()) return;
  try {
    const bool is_daily_turn = take_daily_turn(store) == DailyTurn::taken;
    const Policy policy = gc_policy(gc_settings(arguments));
    if (is_daily_turn || is_collection_due(store, policy)) collect(store, {.policy = policy});
  } catch (const Error&) {
    return;
  }
}

/// What a run starts for its afterwork (finish_in_background). Not for people.
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
    .name = "finish-run",
    .summary = {},
    .page = {},
    .options = kOptions,
    .positionals = Positionals::any,
    .run = run_finish,
};

}  // namespace envstore
