#include <fcntl.h>

#include "cli/commands/command.h"
#include "cli/commands/pages.h"
#include "cli/output/print.h"
#include "cli/output/usage_report.h"
#include "store/platform/files.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr OptionSpec kOptions[] = {
    {"json", 0, {}, "print as JSON"},
    {"html", 0, "FILE", "write an HTML page with a treemap and tables"},
    {"all", 'a', {}, "list everything, not only the largest"},
};

int run_du(const Arguments& arguments) {
  const SystemClock clock;
  Store store = Store::open(arguments.value("store"), clock);
  const Census census = take_census(store);
  const Usage usage = usage_of(census);
  if (arguments.has("html")) {
    const std::string path = absolute_path(arguments.value("html"));
    replace_file(AT_FDCWD, path, usage_html(store.path(), census, usage), 0644);
    print_message(format_text("wrote {}\n", path));
    if (!arguments.has("json")) return 0;
  }
  print(arguments.has("json") ? usage_json(census, usage)
                              : usage_text(census, usage, arguments.has("all") ? Rows::all : Rows::largest));
  return 0;
}

}  // namespace

const Command kDuCommand = {
    .name = "du",
    .summary = "show disk use: own and shared bytes by snapshot and package",
    .page = pages::kDu,
    .options = kOptions,
    .positionals = Positionals::none,
    .run = run_du,
};

}  // namespace envstore
