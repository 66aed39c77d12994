#pragma once
#include <span>
#include <string>
#include <string_view>

#include "cli/options/options.h"

namespace envstore {

/// One command of the program. Its page is cli/commands/cmd_NAME.md, embedded at build time, with `@options@`
/// replaced by the table of its flags, `@keys@` and `@sources@` by those of the settings.
struct Command {
  std::string_view name;
  std::string_view summary;
  std::string_view page;  ///< empty: internal, not listed for users
  OptionTable options;
  Positionals positionals = Positionals::none;
  int (*run)(const Arguments& arguments) = nullptr;  ///< the exit code; throws Error
};

std::span<const Command* const> commands();
/// nullptr if no command has that name.
const Command* find_command(std::string_view name);
/// Throws Error{usage} that suggests the nearest command.
[[noreturn]] void throw_unknown_command(const std::string& name);
std::string help_of(const Command& command);
/// The text that `envstore` and `envstore help` print.
std::string overview();

extern const Command kRunCommand, kLsCommand, kConfigCommand, kDoctorCommand, kHelpCommand, kFinishRunCommand,
    kGcCommand, kInterruptedCommand, kScheduleCommand, kScheduledJobCommand, kVerifyCommand, kPinCommand,
    kUnpinCommand, kDuCommand, kWhyCommand, kLockCommand;

}  // namespace envstore
