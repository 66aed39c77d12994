
#include <fcntl.h>
#include <csignal>

#include "cli/commands/command.h"
#include "cli/commands/interruption.h"
#include "cli/commands/pages.h"
#include "cli/options/complete_request.h"
#include "cli/options/run_options.h"
#include "cli/options/run_request.h"
#include "cli/output/print.h"
#include "cli/output/progress.h"
#include "gc/census/roots.h"
#include "python/provision/known_run.h"
#include "python/provision/prepare.h"
#include "store/platform/files.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr OptionSpec kOptions[] = {
    {"name", 'n', "NAME", "the pin's name (default: the script's path, the id, or the requirements)"},
    {"with", 0, "REQUIREMENT", "as in run: additional requirements (repeatable, or separated by commas)"},
    {"with-requirements", 0, "FILE", "as in run: the requirements in this file (repeatable)"},
    {"python", 'p', "REQUEST", "as in run: the interpreter"},
    {"index", 0, "URL", "as in run"},
    {"default-index", 0, "URL", "as in run"},
    {"find-links", 'f', "LOCATION", "as in run"},
    {"no-index", 0, {}, "as in run"},
    {"upgrade", 'U', {}, "as in run: choose the newest possible versions"},
    {"exclude-newer", 0, "DATE", "as in run"},
    {"prerelease", 0, "MODE", "as in run"},
    {"resolution", 0, "MODE", "as in run"},
    {"isolated", 0, {}, "as in run: ignore projects and the active virtual environment"},
    {"no-project", 0, {}, "as in run: ignore the project of the working directory"},
    {"layout", 0, "LAYOUT", "as in run"},
};

struct Pinned {
  std::string name;
  std::vector<SnapshotId> snapshots;
  std::optional<Lease> lease;  ///< protects new snapshots until the pin exists
};

/// The arguments of the `envstore run` that the pin keeps ready.
std::vector<std::string> words_of_run(const Arguments& arguments, const std::string& script,
                                      const std::vector<std::string>& requirements) {
  std::vector<std::string> words;
  for (const OptionSpec& option : kOptions) {
    if (option.name == "name" || !arguments.has(option.name)) continue;
    if (option.value.empty()) words.push_back(format_text("--{}", option.name));
    for (const std::string& value : arguments.values(option.name))
      if (!option.value.empty()) words.push_back(format_text("--{}={}", option.name, value));
  }
  for (const std::string_view global : {"offline", "quiet", "verbose"})
    if (arguments.has(global)) words.push_back(format_text("--{}", global));
  for (const std::string& requirement : requirements) words.push_back("--with=" + requirement);
  words.push_back("--");
  words.push_back(script.empty() ? "python" : script);
  return words;
}

/// Prepares the environment as `envstore run` does: from the run cache if possible, else it is resolved and
/// installed now.
Pinned provide(StoreWriter& store, const Arguments& arguments, const std::string& script,
               const std::vector<std::string>& requirements) {
  (void)std::signal(SIGPIPE, SIG_IGN);  // a lost connection must fail with EPIPE, not kill the process
  const Arguments run = parse_arguments(kRunOptions, Positionals::first_ends_options,
                                        words_of_run(arguments, script, requirements));
  const RunSetup setup = read_run_setup(run);
  StatusLine progress(verbosity_of(arguments));
  const Interruption interruption(store.path(), progress);
  const RunKey key = key_of(store, setup.request);
  std::optional<PreparedRun> known = known_run(store, setup.request, key);
  PreparedRun prepared =
      known ? std::move(*known) : prepare_run(store, complete_request(run, setup, key), progress);
  Pinned pinned;
  for (const LayerPlan& layer : prepared.plan.layers) pinned.snapshots.push_back(layer.snapshot);
  if (pinned.snapshots.empty())
    throw Error(ErrorKind::usage,
                format_text("cannot pin '{}': it requires no package, so there is nothing to keep",
                            script.empty() ? "python" : script),
                "a script says what it needs in its `# /// script` block; or give --with REQUIREMENT");
  pinned.lease.emplace(std::move(prepared.lease));
  return pinned;
}

bool is_path(const std::string& word) {
  return word.find('/') != std::string::npos || word.ends_with(".py") ||
         stat_at(AT_FDCWD, word, Links::follow).has_value();
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// A URL contains slashes, but is a requirement and not a path.
bool is_requirement(const std::string& word) {
  return word.find("://") != std::string::npos || word.find(" @ ") != std::string::npos || !is_path(word);
}

/// The word looked like an id, matched no snapshot, and failed as a requirement: report both.
[[noreturn]] void throw_no_such_snapshot(const Error& error, const std::string& word) {
  const std::string about_ids =
      format_text("no snapshot's id begins with '{}' either; 'envstore ls' lists the snapshots", word);
  throw Error(error.kind(), error.what(), error.hint().empty() ? about_ids : error.hint() + "; " + about_ids);
}

Pinned provide_requirements(StoreWriter& store, const Arguments& arguments,
                            const std::vector<std::string>& words) {
  try {
    return provide(store, arguments, {}, words);
  } catch (const Error& error) {
    if (words.size() != 1 || !looks_like_id(words.front())) throw;
    throw_no_such_snapshot(error, words.front());
  }
}

Pinned find_or_provide(StoreWriter& store, const Arguments& arguments) {
  const auto& words = arguments.positionals();
  const bool is_one = words.size() == 1;
  if (is_one && looks_like_id(words[0]) && !snapshots_like(store, words[0]).empty()) {
    const SnapshotId id = snapshot_like(store, words[0]);
    return {id.hex(), {id}, std::nullopt};
  }
  if (is_one && !is_requirement(words[0])) {
    Pinned pinned = provide(store, arguments, words[0], {});
    pinned.name = absolute_path(words[0]);
    return pinned;
  }
  for (const std::string& word : words)
    if (!is_requirement(word))
      throw Error(ErrorKind::usage, format_text("cannot pin '{}' together with others", word),
                  "pin scripts one by one; what goes on top of one is given with --with");
  if (words.empty() && !arguments.has("with") && !arguments.has("with-requirements"))
    throw Error(ErrorKind::usage, "cannot pin: no snapshot, script or requirement was given",
                "for example: envstore pin script.py");
  Pinned pinned = provide_requirements(store, arguments, words);
  std::vector<std::string> named = words;
  for (const char* option : {"with", "with-requirements"})
    for (const std::string& value : arguments.values(option)) named.push_back(value);
  pinned.name = joined(named);
  return pinned;
}

int run_pin(const Arguments& arguments) {
  const SystemClock clock;
  Store store = Store::open(arguments.value("store"), clock);
  Pinned pinned = find_or_provide(store, arguments);
  if (arguments.has("name")) pinned.name = arguments.value("name");
  if (pinned.name.empty()) throw Error(ErrorKind::usage, "cannot pin under an empty name");
  pin(store, pinned.name, pinned.snapshots);
  std::string text = format_text("pinned {}:", pinned.name);
  for (const SnapshotId& id : pinned.snapshots) text += " " + id.hex();
  print(text + "\n");
  return 0;
}

}  // namespace

const Command kPinCommand = {
    .name = "pin",
    .summary = "keep a snapshot, whatever gc's policy",
    .page = pages::kPin,
    .options = kOptions,
    .positionals = Positionals::any,
    .run = run_pin,
};

}  // namespace envstore
