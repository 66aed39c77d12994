#include <unistd.h>

#include <algorithm>

#include "cli/commands/command.h"
#include "cli/commands/pages.h"
#include "cli/options/gc_settings.h"
#include "cli/options/run_request.h"
#include "cli/output/gc_report.h"
#include "cli/output/print.h"
#include "store/platform/error.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr int kPartlyDone = 3, kLockTimeout = 11;

constexpr OptionSpec kOptions[] = {
    {"dry-run", 'n', {}, "print what would be removed, and remove nothing"},
    {"explain", 0, "ID",
     "print why one snapshot stays or is removed (the first digits of its id are enough)"},
    {"json", 0, {}, "print as JSON"},
    {"lock-timeout", 0, "DURATION", "wait this long for another collection (default: do not wait)"},
};

std::chrono::milliseconds lock_timeout(const Arguments& arguments) {
  if (!arguments.has("lock-timeout")) return {};
  return std::chrono::ceil<std::chrono::milliseconds>(parse_duration(arguments.value("lock-timeout")));
}

/// One line on a terminal, redrawn for each step.
class GcLine {
 public:
  explicit GcLine(Verbosity verbosity)
      : is_drawn_(verbosity != Verbosity::quiet && ::isatty(STDERR_FILENO) == 1) {}
  ~GcLine() {
    if (is_drawn_) print_error_text("\r\x1b[K");
  }
  GcLine(const GcLine&) = delete;
  GcLine& operator=(const GcLine&) = delete;

  void show(const GcProgress& progress) {
    constexpr std::chrono::milliseconds kBetween{100};
    const auto now = std::chrono::steady_clock::now();
    if (!is_drawn_ || (progress.step == step_ && now - drawn_ < kBetween)) return;
    step_ = progress.step;
    drawn_ = now;
    print_error_text(progress.total == 0
                         ? format_text("\r\x1b[K{} ...", progress.step)
                         : format_text("\r\x1b[K{} {}/{}", progress.step, progress.done, progress.total));
  }

 private:
  const bool is_drawn_;
  const char* step_ = nullptr;
  std::chrono::steady_clock::time_point drawn_;
};

std::uint32_t find_snapshot(const Census& census, const std::string& text) {
  std::vector<std::uint32_t> found;
  for (std::uint32_t position = 0; position < census.snapshots.size(); ++position)
    if (!text.empty() && census.snapshots[position].id.hex().starts_with(text)) found.push_back(position);
  if (found.size() == 1) return found.front();
  throw Error(ErrorKind::not_found,
              format_text("cannot explain '{}': {}", text,
                          found.empty() ? "no snapshot's id begins so" : "several snapshots' ids begin so"),
              "`envstore ls` lists the snapshots");
}

int explain_one(StoreWriter& store, const Policy& policy, const std::string& id) {
  const GcReport report = collect(store, {.policy = policy, .dry_run = DryRun::yes});
  print(explain(report.census, policy, report.plan, find_snapshot(report.census, id)));
  return 0;
}

int collect_and_tell(StoreWriter& store, const Arguments& arguments, const Policy& policy) {
  const Verbosity verbosity = verbosity_of(arguments);
  const bool is_dry_run = arguments.has("dry-run");
  GcReport report;
  {
    GcLine line(verbosity);
    report = collect(store, {.policy = policy,
                             .dry_run = is_dry_run ? DryRun::yes : DryRun::no,
                             .lock_timeout = lock_timeout(arguments),
                             .progress = [&](const GcProgress& progress) { line.show(progress); }});
  }
  const GcView view{report, policy, is_dry_run, verbosity == Verbosity::verbose};
  if (arguments.has("json"))
    print(gc_json(view));
  else if (verbosity != Verbosity::quiet)
    print(gc_text(view));
  else
    for (const std::string& failure : report.failures) print_message(failure + "\n");
  return report.failures.empty() ? 0 : kPartlyDone;
}

int run_gc(const Arguments& arguments) {
  const Policy policy = gc_policy(gc_settings(arguments));
  const SystemClock clock;
  Store store = Store::open(arguments.value("store"), clock);
  if (arguments.has("explain")) return explain_one(store, policy, arguments.value("explain"));
  try {
    return collect_and_tell(store, arguments, policy);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::busy) throw;
    print_error(error);
    return kLockTimeout;
  }
}

}  // namespace

const Command kGcCommand = {
    .name = "gc",
    .summary = "remove unused snapshots, by size and age",
    .page = pages::kGc,
    .options = {kOptions, {FlagsOf::gc}},
    .positionals = Positionals::none,
    .run = run_gc,
};

}  // namespace envstore
