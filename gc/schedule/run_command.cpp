#include "gc/schedule/run_command.h"

#include <cerrno>

#include "store/platform/error.h"
#include "store/process/child.h"
#include "store/process/child_output.h"

namespace envstore {
namespace {

constexpr CaptureLimits kLimits{std::chrono::seconds(30), std::size_t{64} << 20};

std::vector<std::string> c_locale() {
  std::vector<std::string> variables =
      filtered_environment([](std::string_view entry) { return !entry.starts_with("LC_ALL="); });
  variables.emplace_back("LC_ALL=C");
  return variables;
}

}  // namespace

std::optional<CommandResult> run_command(const std::vector<std::string>& words, const std::string& input) {
  const Fd in = file_in_memory(input);
  Captured captured = capture({.arguments = words,
                               .search = ProgramSearch::path_variable,
                               .environment = c_locale(),
                               .input = to_descriptor(in.get()),
                               .abandoned = Abandoned::kill},
                              CapturedStreams::output_and_errors, kLimits);
  const int fault = captured.error_number;
  if (fault == ENOENT || fault == EACCES || fault == ENOTDIR) return std::nullopt;
  if (fault != 0) throw_errno(fault, "start", words.front());
  return CommandResult{captured.status ? exit_code_of(*captured.status) : -1, std::move(captured.output),
                       std::move(captured.error_output)};
}

}  // namespace envstore
