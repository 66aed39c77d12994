#include <fcntl.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "cli/commands/command.h"
#include "cli/commands/handover.h"
#include "cli/commands/interruption.h"
#include "cli/commands/pages.h"
#include "cli/options/complete_request.h"
#include "cli/options/config.h"
#include "cli/options/run_options.h"
#include "cli/options/run_request.h"
#include "cli/output/new_store.h"
#include "cli/output/phrases.h"
#include "cli/output/print.h"
#include "cli/output/progress.h"
#include "python/bytecode/bytecode_work.h"
#include "python/provision/known_run.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

/// Ignores SIGPIPE, so that a lost connection fails a download with an error and does not kill the process.
/// The previous disposition is restored for the user's program.
class IgnoredPipeSignal {
 public:
  IgnoredPipeSignal() : before_(std::signal(SIGPIPE, SIG_IGN)) {}
  ~IgnoredPipeSignal() {
    if (before_ != SIG_ERR) (void)std::signal(SIGPIPE, before_);
  }
  IgnoredPipeSignal(const IgnoredPipeSignal&) = delete;
  IgnoredPipeSignal& operator=(const IgnoredPipeSignal&) = delete;

 private:
  void (*before_)(int);
};

void tell_what_was_done(const PreparedRun& run, Verbosity verbosity) {
  const ProvisionReport& report = run.report;
  if (verbosity != Verbosity::quiet && report.installed > 0)
    print_message(
        format_text("Installed {} in {:.1f}s\n", counted(report.installed, "package"), report.seconds));
  if (verbosity != Verbosity::verbose) return;
  print_value("plan", to_json(run.plan));
  print_message(format_text("interpreter: {} ({})\n", run.plan.interpreter, run.plan.version));
  for (const LayerPlan& layer : run.plan.layers)
    print_message(format_text("layer: snapshot {} as a {}\n", layer.snapshot.hex(),
                              layer.layout == Layout::farm ? "farm" : "forest"));
  print_message(run.from_run_cache
                    ? "decided: from the run cache; --refresh asks the package indexes again\n"
                    : format_text("decided: in this run, {} installed and {} already in the store\n",
                                  report.installed, report.reused));
}

PreparedRun prepare(StoreWriter& store, const Arguments& arguments, const RunSetup& setup,
                    const RunKey& key) {
  if (auto known = known_run(store, setup.request, key)) return std::move(*known);
  const IgnoredPipeSignal guard;
  StatusLine progress(verbosity_of(arguments));
  const Interruption interruption(store.path(), progress);
  return prepare_run(store, complete_request(arguments, setup, key), progress);
}

/// True if a later run with the same arguments would find everything prepared, so that the small program can
/// do this run.
bool can_hand_over(StoreWriter& store, RunWords request, const RunKey& key) {
  clear_one_shot_flags(request);
  return known_run(store, request, key).has_value();
}

/// A temporary store for one run, removed afterwards.
class ThrowawayStore {
 public:
  ThrowawayStore() {
    const std::string temporary = variable_or_empty("TMPDIR");
    path_ = (temporary.starts_with('/') ? temporary : "/tmp") + "/envstore-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) throw_errno(errno, "make a folder", path_);
  }
  ~ThrowawayStore() {
    try {
      remove_tree(AT_FDCWD, path_);
    } catch (const std::exception& error) {
      print_error_text(format_text("warning: cannot remove '{}': {}\n", path_, error.what()));
    }
  }
  ThrowawayStore(const ThrowawayStore&) = delete;
  ThrowawayStore& operator=(const ThrowawayStore&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// --no-cache: uses nothing of earlier runs and leaves nothing for later ones.
int run_without_cache(const Arguments& arguments) {
  const Verbosity verbosity = verbosity_of(arguments);
  if (arguments.has("exec") || arguments.has("store"))
    throw Error(
        ErrorKind::usage,
        format_text("cannot use '--no-cache' together with '--{}'", arguments.has("exec") ? "exec" : "store"),
        "the store of --no-cache is removed when the program has ended");
  const RunSetup setup = read_run_setup(arguments);
  const ThrowawayStore throwaway;
  const SystemClock clock;
  Store store = Store::open(throwaway.path(), clock);
  PreparedRun run = prepare(store, arguments, setup, key_of(store, setup.request));
  tell_what_was_done(run, verbosity);
  return launch(store, std::move(run.lease), run.plan, setup.request.target, launch_options(arguments),
                [] {});
}

int run_run(const Arguments& arguments) {
  const Handover handover = Handover::take();
  EnteredDirectory directory(arguments);
  if (wants_throwaway_store(arguments)) return run_without_cache(arguments);
  const Verbosity verbosity = verbosity_of(arguments);
  const RunSetup setup = read_run_setup(arguments);
  const bool can_be_read_again = setup.can_be_read_again && !has_env_file_to_read_once(arguments);
  const LaunchOptions options = launch_options(arguments);

  const SystemClock clock;
  Store store = Store::open(arguments.value("store"), clock);
  tell_of_new_store(store, arguments);
  if (verbosity == Verbosity::verbose) print_message(describe_setup(store, arguments, setup));
  const RunKey key = key_of(store, setup.request);
  PreparedRun run = prepare(store, arguments, setup, key);
  tell_what_was_done(run, verbosity);
  if (setup.bytecode == BytecodeMode::foreground && !run.from_run_cache && !setup.request.compile_bytecode)
    compile_bytecode(store, run.plan, CompilePriority::normal);
  if (const auto program = handover.small_program();
      program && can_be_read_again && can_hand_over(store, setup.request, key)) {
    { const Lease ended = std::move(run.lease); }
    directory.leave();
    become_small_program(*program);
  }
  return launch(store, std::move(run.lease), run.plan, setup.request.target, options,
                [&] { finish_in_background(store, run.plan, setup.bytecode); });
}

}  // namespace

const Command kRunCommand = {
    .name = "run",
    .summary = "run a script, module or command in the environment that it requires",
    .page = pages::kRun,
    .options = kRunOptions,
    .positionals = Positionals::first_ends_options,
    .run = run_run,
};

}  // namespace envstore
