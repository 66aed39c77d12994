#include <sys/auxv.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands/handover.h"
#include "cli/options/env_file.h"
#include "cli/options/run_options.h"
#include "cli/options/run_request.h"
#include "cli/output/print.h"
#include "python/provision/known_run.h"
#include "store/platform/error.h"
#include "store/platform/limits.h"
#include "store/process/process_roles.h"

// The program that the user calls. It contains only the warm path of `run` and is linked statically, so that
// starting a known environment costs no dynamic loading. For everything else, and for errors before the
// user's program is started, it execs envstore-full.

namespace envstore {
namespace {

/// The arguments after `run`, with the flags before it; nullopt: another command.
std::optional<std::vector<std::string>> words_of_run(int argc, char** argv) {
  std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  const std::size_t at = leading_flags({}, words);
  if (at == words.size() || words[at] != "run") return std::nullopt;
  words.erase(words.begin() + static_cast<std::ptrdiff_t>(at));
  return words;
}

/// A run whose environment is known and leased.
struct KnownRun {
  std::optional<EnteredDirectory> directory;
  SystemClock clock;
  std::optional<Store> store;
  std::optional<PreparedRun> run;
  Target target;
  LaunchOptions options;
  BytecodeMode bytecode = BytecodeMode::background;
};

bool find_known_run(int argc, char** argv, const Handover& handover, KnownRun& known) try {
  const auto words = words_of_run(argc, argv);
  if (!words) return false;
  const Arguments arguments = parse_arguments(kRunOptions, Positionals::first_ends_options, *words);
  if (arguments.has("help") || (arguments.has("verbose") && !handover.is_prepared())) return false;
  if (wants_throwaway_store(arguments)) return false;
  known.directory.emplace(arguments);
  RunSetup setup = read_run_setup(arguments, NamedPipes::refuse);
  if (handover.is_prepared()) clear_one_shot_flags(setup.request);
  known.store.emplace(Store::open(arguments.value("store"), known.clock));
  auto run = known_run(*known.store, setup.request, key_of(*known.store, setup.request));
  if (!run) return false;
  known.run.emplace(std::move(*run));
  known.target = setup.request.target;
  known.options = launch_options(arguments);
  known.bytecode = setup.bytecode;
  return true;
} catch (const std::exception&) {
  return false;  // envstore-full hits the same error and reports it
}

int launch_known(KnownRun& known) try {
  return launch(*known.store, std::move(known.run->lease), known.run->plan, known.target, known.options,
                [&] { finish_in_background(*known.store, known.run->plan, known.bytecode); });
} catch (const Error& error) {
  print_error(error);
  return exit_code_of(error);
} catch (const std::exception& error) {
  print_message(std::string("error: cannot go on: ") + error.what() + "\n");
  return 1;
}

/// The path of this program; without /proc, the path it was started by, resolved.
std::string own_path() {
  char self[PATH_MAX];
  const ssize_t length = readlink(role::kOwnProgram, self, sizeof self - 1);
  if (length >= 0) return {self, static_cast<std::size_t>(length)};
  const auto started = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
  return started != nullptr && realpath(started, self) != nullptr ? self : "";
}

/// Execs envstore-full: ../lib/envstore/envstore-full if installed, beside this program in a build folder.
/// Returns only if neither can be started: the error number.
int become_full_program(char** argv) {
  const std::string path = own_path();
  const std::string directory = path.substr(0, path.rfind('/'));
  int error = 0;
  for (const char* place : {"/../lib/envstore/envstore-full", "/envstore-full"}) {
    const std::string full_program = directory + place;
    execv(full_program.c_str(), argv);
    error = errno;
  }
  return error;
}

int run_or_become(int argc, char** argv) {
  const Handover handover = Handover::take();
  {
    KnownRun known;
    if (find_known_run(argc, argv, handover, known)) return launch_known(known);
  }
  handover.give_back();
  restore_file_size_limit();
  const int error = become_full_program(argv);
  print_message(std::string("error: cannot start 'envstore-full': ") + std::strerror(error) +
                "\nhint: the installation is incomplete: install envstore again\n");
  return 1;
}

}  // namespace
}  // namespace envstore

int main(int argc, char** argv) {
  envstore::lift_file_size_limit();
  return envstore::run_or_become(argc, argv);
}
