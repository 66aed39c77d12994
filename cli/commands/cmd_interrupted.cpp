#include <charconv>

#include "cli/commands/command.h"
#include "store/leases/lease.h"
#include "store/platform/error.h"
#include "store/process/contained.h"
#include "store/process/process_roles.h"

namespace envstore {
namespace {

/// The hidden command that a run execs when a signal ends its preparation (Interruption).
int run_interrupted(const Arguments& arguments) {
  constexpr int kSignalled = 128;
  int signal = 0;
  if (arguments.positionals().size() == 1) {
    const std::string& text = arguments.positionals().front();
    std::from_chars(text.data(), text.data() + text.size(), signal);
  }
  if (signal <= 0)
    throw Error(ErrorKind::usage, "cannot end a run: no signal was given",
                "a run calls this command by itself");
  constexpr std::chrono::seconds kEndOfBuilds{10};
  try {
    wait_for_contained(kEndOfBuilds);  // what they write to goes with the leases
    const SystemClock clock;
    Store store = Store::open(arguments.value("store"), clock);
    remove_dead_leases(store);
  } catch (const Error&) {
    return kSignalled + signal;  // a later run removes the remaining files
  }
  return kSignalled + signal;
}

}  // namespace

const Command kInterruptedCommand = {
    .name = role::kInterrupted,
    .summary = {},
    .page = {},
    .options = {},
    .positionals = Positionals::any,
    .run = run_interrupted,
};

}  // namespace envstore
