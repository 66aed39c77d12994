
#include "cli/commands/command.h"
#include "cli/commands/pages.h"
#include "cli/options/suggest.h"
#include "cli/output/phrases.h"
#include "cli/output/print.h"
#include "gc/census/roots.h"
#include "store/platform/files.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

/// Tries the word as a name given to `pin --name`, as a path, and as the prefix of a snapshot id.
std::size_t unpin_named(StoreWriter& store, const std::string& word) {
  if (const std::size_t count = unpin(store, word)) return count;
  if (const std::size_t count = unpin(store, absolute_path(word))) return count;
  const std::vector<SnapshotId> like = snapshots_like(store, word);
  return like.size() == 1 ? unpin(store, like.front().hex()) : 0;
}

[[noreturn]] void throw_no_such_pin(const StoreReader& store, const std::string& word) {
  const std::vector<std::string> names = pin_names(store);
  const auto nearest = nearest_word(word, names);
  throw Error(ErrorKind::not_found, format_text("cannot unpin '{}': there is no such pin", word),
              nearest ? format_text("did you mean '{}'?", *nearest)
                      : std::string("'envstore ls' lists the roots, pins among them"));
}

int run_unpin(const Arguments& arguments) {
  if (arguments.positionals().empty())
    throw Error(ErrorKind::usage, "cannot unpin: no pin was named",
                "'envstore ls' lists the roots, pins among them");
  const SystemClock clock;
  Store store = Store::open(arguments.value("store"), clock);
  for (const std::string& word : arguments.positionals()) {
    const std::size_t count = unpin_named(store, word);
    if (count == 0) throw_no_such_pin(store, word);
    print(format_text("unpinned {}: {}\n", word, counted(count, "snapshot")));
  }
  return 0;
}

}  // namespace

const Command kUnpinCommand = {
    .name = "unpin",
    .summary = "remove a pin, so that gc may remove its snapshot",
    .page = pages::kUnpin,
    .options = {},
    .positionals = Positionals::any,
    .run = run_unpin,
};

}  // namespace envstore
