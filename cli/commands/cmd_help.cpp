#include "cli/commands/command.h"
#include "cli/commands/pages.h"
#include "cli/output/print.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

int run_help(const Arguments& arguments) {
  const auto& names = arguments.positionals();
  if (names.empty()) {
    print(overview());
    return 0;
  }
  const Command* command = find_command(names.front());
  if (command == nullptr || command->page.empty()) throw_unknown_command(names.front());
  print(help_of(*command));
  return 0;
}

}  // namespace

const Command kHelpCommand = {
    .name = "help",
    .summary = "print the page of a command",
    .page = pages::kHelp,
    .options = {},
    .positionals = Positionals::any,
    .run = run_help,
};

}  // namespace envstore
