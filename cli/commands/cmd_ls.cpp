#include "cli/commands/command.h"
#include "cli/commands/pages.h"
#include "cli/output/listing.h"
#include "cli/output/print.h"

namespace envstore {
namespace {

constexpr OptionSpec kOptions[] = {{"json", 0, {}, "print as JSON"}};

int run_ls(const Arguments& arguments) {
  const SettingsLayer settings = gc_settings(arguments);
  const Policy policy = gc_policy(settings);
  const SystemClock clock;
  Store store = Store::open(arguments.value("store"), clock);
  const Listing listing = read_listing(store);
  print(arguments.has("json") ? listing_json(listing, settings)
                              : listing_text(listing, policy, clock.now().time_since_epoch().count()));
  return 0;
}

}  // namespace

const Command kLsCommand = {
    .name = "ls",
    .summary = "list snapshots, what keeps them, and the runs that use them",
    .page = pages::kLs,
    .options = kOptions,
    .positionals = Positionals::none,
    .run = run_ls,
};

}  // namespace envstore
