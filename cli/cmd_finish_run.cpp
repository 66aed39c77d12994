#include "cli/command.h"
#include "python/provision/prepare.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

constexpr OptionSpec kOptions[] = {{"bytecode", 0, "MODE", "background or never"}};

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
