#include <fmt/format.h>

#include <new>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/print.h"

namespace envstore {
namespace {

constexpr OptionSpec kOwnOptions[] = {{"version", 'V', {}, "print the version"}};

/// Flags before the command's name mean the same as behind it.
int run_program(std::vector<std::string> words) {
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

int run_guarded(int argc, char** argv) noexcept {
  try {
    return run_program({argv + (argc > 0 ? 1 : 0), argv + argc});
  } catch (const Error& error) {
    print_error(error);
    return exit_code_of(error);
  } catch (const std::bad_alloc&) {
    print_message("error: cannot go on: out of memory\n");
  } catch (const std::exception& error) {
    print_message("error: cannot go on: ");
    print_message(error.what());
    print_message("\nhint: this is a fault of envstore; please report it with the command that you gave\n");
  }
  return 1;
}

}  // namespace
}  // namespace envstore

int main(int argc, char** argv) {
  return envstore::run_guarded(argc, argv);
}
