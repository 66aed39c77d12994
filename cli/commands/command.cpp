#include "cli/commands/command.h"

#include "cli/options/describe_settings.h"
#include "cli/options/suggest.h"
#include "store/platform/error.h"
#include "store/platform/format.h"

namespace envstore {

std::span<const Command* const> commands() {
  static constexpr const Command* kCommands[] = {
      &kRunCommand,    &kLockCommand,      &kLsCommand,          &kDuCommand,
      &kWhyCommand,    &kPinCommand,       &kUnpinCommand,       &kGcCommand,
      &kVerifyCommand, &kScheduleCommand,  &kConfigCommand,      &kDoctorCommand,
      &kHelpCommand,   &kFinishRunCommand, &kInterruptedCommand, &kScheduledJobCommand};
  return kCommands;
}

const Command* find_command(std::string_view name) {
  for (const Command* command : commands())
    if (command->name == name) return command;
  return nullptr;
}

void throw_unknown_command(const std::string& name) {
  std::vector<std::string> known;
  for (const Command* command : commands())
    if (!command->page.empty()) known.emplace_back(command->name);
  const auto nearest = nearest_word(name, known);
  std::string hint = "'envstore help' lists the commands";
  if (nearest)
    hint = format_text("did you mean 'envstore {}'?", *nearest);
  else if (name.ends_with(".py"))
    hint = format_text("to run a script: envstore run {}", name);
  throw Error(ErrorKind::usage, format_text("cannot run '{}': there is no such command", name), hint);
}

std::string help_of(const Command& command) {
  std::string text(command.page);
  const auto put = [&](std::string_view place, auto&& describe) {
    if (const std::size_t at = text.find(place); at != std::string::npos)
      text.replace(at, place.size(), describe());
  };
  put("@options@\n", [&] {
    return describe_options(command.options) + "\nOf every command:\n\n" + describe_options(global_options());
  });
  put("@keys@\n", [] { return describe_keys(); });
  put("@sources@\n", [] { return describe_sources(); });
  return text;
}

std::string overview() {
  std::string text =
      "envstore: runs Python code in exactly the environment that it requires\n\n"
      "Usage: envstore [flags] COMMAND ...\n\nCommands:\n\n";
  for (const Command* command : commands())
    if (!command->page.empty()) text += format_text("  {:<10}{}\n", command->name, command->summary);
  text += "\nFlags:\n\n" + describe_options(global_options()) +
          "      --version               print the version\n";
  return text + "\n'envstore help COMMAND' shows the page of a command.\n";
}

}  // namespace envstore
