#include <unistd.h>

#include <charconv>

#include "cli/commands/command.h"
#include "cli/commands/pages.h"
#include "cli/output/print.h"
#include "cli/output/verify_report.h"
#include "gc/repair/repair.h"
#include "python/bytecode/pyc.h"
#include "python/index/wheel_blob_source.h"
#include "store/index/store_folders.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr OptionSpec kOptions[] = {
    {"sample", 0, "PERCENT", "also hash those files that were hashed longest ago: 5%"},
    {"full", 0, {}, "hash every file (XXH3)"},
    {"strict", 0, {}, "hash every file with SHA-256"},
    {"repair", 0, {}, "repair what is damaged, from intact copies or the origin of the wheel"},
    {"rebuild-index", 0, {}, "first create a lost or damaged index again from what is on disk"},
    {"json", 0, {}, "print as JSON"},
};

double parse_percent(std::string text) {
  if (text.ends_with('%')) text.pop_back();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value > 0) || value > 100)
    throw Error(ErrorKind::usage, format_text("cannot use '{}' for --sample: it is no percentage", text),
                "give a number above 0 and up to 100: --sample 5%");
  return value;
}

/// One line on standard error, only on a terminal.
class ProgressLine {
 public:
  explicit ProgressLine(bool is_wanted) : is_drawn_(is_wanted && ::isatty(STDERR_FILENO) == 1) {}
  ~ProgressLine() {
    if (is_drawn_) print_error_text("\r\x1b[K");
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void draw(std::uint64_t done, std::uint64_t total) const {
    if (is_drawn_) print_error_text(format_text("\r\x1b[KVerifying {} of {} files", done, total));
  }

 private:
  const bool is_drawn_;
};

VerifyOptions verify_options(const Arguments& arguments) {
  VerifyOptions options;
  if (arguments.has("sample")) {
    options.depth = VerifyDepth::sample;
    options.sample_percent = parse_percent(arguments.value("sample"));
  }
  if (arguments.has("full")) options.depth = VerifyDepth::full;
  if (arguments.has("strict")) options.depth = VerifyDepth::strict;
  return options;
}

int run_verify(const Arguments& arguments) {
  constexpr int kDamageRemains = 3;
  VerifyOptions options = verify_options(arguments);
  const SystemClock clock;
  Store store = Store::open(arguments.value("store"), clock);
  if (arguments.has("repair") && !store.is_read_only())
    for (const std::string& path : remove_obstacles(store.root()))
      print_message(format_text("repaired: '{}/{}' was something else than it should be: taken away\n",
                                store.path(), path));
  std::optional<RebuildReport> rebuilt;
  if (arguments.has("rebuild-index")) rebuilt = rebuild_index(store);
  const PycFiles derived;
  VerifyReport report;
  {
    const ProgressLine line(!arguments.has("quiet"));
    options.progress = [&](std::uint64_t done, std::uint64_t total) { line.draw(done, total); };
    report = verify(store, derived, options);
  }
  if (arguments.has("repair")) {
    WheelBlobSource source(store, arguments.has("offline") ? WheelBlobSource::Network::offline
                                                           : WheelBlobSource::Network::may_be_used);
    repair(store, derived, report, source);
  }
  print(arguments.has("json") ? verify_json(report, rebuilt) : verify_text(report, rebuilt));
  return report.is_clean() ? 0 : kDamageRemains;
}

}  // namespace

const Command kVerifyCommand = {
    .name = "verify",
    .summary = "find what was changed in the store from outside, and repair it",
    .page = pages::kVerify,
    .options = kOptions,
    .positionals = Positionals::none,
    .run = run_verify,
};

}  // namespace envstore
