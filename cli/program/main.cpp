#include <malloc.h>
#include <pthread.h>

#include <csignal>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "cli/commands/command.h"
#include "cli/output/print.h"
#include "store/platform/format.h"
#include "store/platform/limits.h"

namespace envstore {
namespace {

constexpr OptionSpec kOwnOptions[] = {{"version", 'V', {}, "print the version"}};

/// Flags before the command's name have the same meaning as after it.
int run_program(std::vector<std::string> words) {
  if (words.empty()) {
    print(overview());
    return 0;
  }
  const std::size_t at = leading_flags(kOwnOptions, words);
  if (at == words.size()) {
    const Arguments flags = parse_arguments(kOwnOptions, Positionals::none, words);
    if (flags.has("version")) {
      print("envstore " ENVSTORE_VERSION "\n");
      return 0;
    }
    if (flags.has("help")) {
      print(overview());
      return 0;
    }
    throw Error(ErrorKind::usage, "cannot run: no command was given", "'envstore help' lists the commands");
  }
  const std::string name = words[at];
  words.erase(words.begin() + static_cast<std::ptrdiff_t>(at));
  const Command* command = find_command(name);
  if (command == nullptr) throw_unknown_command(name);
  const Arguments arguments = parse_arguments(command->options, command->positionals, words);
  if (arguments.has("help")) {
    print(help_of(*command));
    return 0;
  }
  return command->run(arguments);
}

/// Threads get the stack size that the code was tested with, whatever `ulimit -s` is. Under a limit of
/// address space (`ulimit -v`) stacks and malloc arenas are reduced, so that threads do not reserve most of
/// it.
void set_up_threads() {
  constexpr std::size_t kUsual = std::size_t{8} << 20, kLimited = std::size_t{1} << 20;
  const bool is_limited = address_space_limit().has_value();
  if (is_limited) (void)mallopt(M_ARENA_MAX, 2);
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return;
  if (pthread_attr_setstacksize(&attributes, is_limited ? kLimited : kUsual) == 0)
    (void)pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

int run_guarded(int argc, char** argv) noexcept {
  try {
    return run_program({argv + (argc > 0 ? 1 : 0), argv + argc});
  } catch (const Error& error) {
    print_error(error);
    return exit_code_of(error);
  } catch (const std::bad_alloc&) {
    print_message("error: cannot go on: out of memory\nhint: ");
    print_message(kMemoryHint);
    print_message("\n");
  } catch (const std::system_error& error) {
    print_message(format_text("error: cannot go on: {}\n", error.what()));
    if (error.code() == std::errc::resource_unavailable_try_again)
      print_message(format_text("hint: {}\n", kNoThreadHint));
  } catch (const std::exception& error) {
    print_message("error: cannot go on: ");
    print_message(error.what());
    print_message("\nhint: this is a fault of envstore; please report it with the command that you gave\n");
  }
  return 1;
}

/// Under a small `ulimit -s`, runs on a thread, which has a stack of its own.
int run_on_enough_stack(int argc, char** argv) {
  if (!has_small_stack()) return run_guarded(argc, argv);
  int exit_code = 1;
  try {
    std::thread([&] { exit_code = run_guarded(argc, argv); }).join();
  } catch (const std::system_error&) {
    return run_guarded(argc, argv);
  }
  return exit_code;
}

}  // namespace
}  // namespace envstore

int main(int argc, char** argv) {
  // If SIGCHLD is inherited as ignored, the exit status of children is lost.
  (void)std::signal(SIGCHLD, SIG_DFL);
  envstore::lift_file_size_limit();
  envstore::set_up_threads();
  return envstore::run_on_enough_stack(argc, argv);
}
