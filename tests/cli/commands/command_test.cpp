#include "cli/commands/command.h"

#include <doctest/doctest.h>

#include <set>
#include <sstream>

#include "store/platform/error.h"

using namespace envstore;

namespace {

std::string hint_for(const std::string& name) {
  try {
    throw_unknown_command(name);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(std::string(error.what()) == "cannot run '" + name + "': there is no such command");
    return error.hint();
  }
}

}  // namespace

TEST_CASE("every command is found by its name, and by no other") {
  std::set<std::string_view> names;
  for (const Command* command : commands()) {
    CAPTURE(command->name);
    CHECK(names.insert(command->name).second);
    CHECK(find_command(command->name) == command);
    CHECK(bool(command->run));
  }
  CHECK(find_command("") == nullptr);
  CHECK(find_command("ru") == nullptr);
}

TEST_CASE("an unknown command is an error that suggests the nearest one, or how to run a script") {
  CHECK(hint_for("rnu") == "did you mean 'envstore run'?");
  CHECK(hint_for("script.py") == "to run a script: envstore run script.py");
  CHECK(hint_for("zzzzzzzz") == "'envstore help' lists the commands");
  // Internal commands are not suggested.
  CHECK(hint_for("finish-rnu").find("finish-run") == std::string::npos);
}

TEST_CASE("a page is complete: no placeholder is left, every flag is described, its lines fit") {
  for (const Command* command : commands()) {
    if (command->page.empty()) continue;
    CAPTURE(command->name);
    const std::string page = help_of(*command);
    CHECK(page.starts_with("# envstore " + std::string(command->name) + "\n"));
    for (const char* place : {"@options@", "@keys@", "@sources@"})
      CHECK(page.find(place) == std::string::npos);
    command->options.each([&](const OptionSpec& option) {
      if (!option.help.empty()) CHECK(page.find("--" + std::string(option.name)) != std::string::npos);
      return false;
    });
  }
}

TEST_CASE("no two flags of a command have the same name or letter, the global ones included") {
  for (const Command* command : commands()) {
    CAPTURE(command->name);
    std::set<std::string_view> names;
    std::set<char> letters;
    const auto add = [&](const OptionSpec& option) {
      CAPTURE(option.name);
      CHECK(names.insert(option.name).second);
      if (option.short_name != 0) CHECK(letters.insert(option.short_name).second);
      return false;
    };
    command->options.each(add);
    global_options().each(add);
  }
}

TEST_CASE("the overview lists the commands that users call, with their summaries") {
  const std::string text = overview();
  for (const Command* command : commands()) {
    CAPTURE(command->name);
    const std::string row = "  " + std::string(command->name) + " ";
    CHECK((text.find("\n" + row) != std::string::npos) == !command->page.empty());
    if (!command->page.empty()) CHECK(text.find(command->summary) != std::string::npos);
  }
}

TEST_CASE("the page of `config` has a line for each key and the names of each setting") {
  const std::string page = help_of(kConfigCommand);
  CHECK(page.find("    resolution: highest                    or lowest, lowest-direct\n") !=
        std::string::npos);
  CHECK(page.find("    resolution                  --resolution, ENVSTORE_RESOLUTION, UV_RESOLUTION\n") !=
        std::string::npos);
}
