#include "python/interpreter/probe.h"

#include <sys/wait.h>

#include <cerrno>
#include <string_view>
#include <system_error>
#include <vector>

#include "python/interpreter/probe_script.h"
#include "store/platform/error.h"
#include "store/platform/filesystem_kind.h"
#include "store/platform/format.h"
#include "store/process/child.h"
#include "store/process/child_output.h"

namespace envstore {
namespace {

[[noreturn]] void refuse(const std::string& reason) {
  throw Error(ErrorKind::invalid_input, reason);
}

/// Without the variables that affect Python.
std::vector<std::string> clean_environment() {
  return filtered_environment([](std::string_view entry) {
    return !entry.starts_with("PYTHON") && !entry.starts_with("__PYVENV_LAUNCHER__=");
  });
}

[[noreturn]] void refuse_start(const std::string& executable, int error_number) {
  // A system-wide shortage, not a fault of this interpreter: no other one could be started.
  if (error_number == EAGAIN || error_number == ENOMEM) throw_errno(error_number, "start", executable);
  refuse(error_number == EACCES && is_on_noexec_mount(executable)
             ? std::string("it cannot be started: ") + kNoexecReason
             : format_text("it cannot be started: {}", std::generic_category().message(error_number)));
}

/// Runs the probe script; refuses if it does not end by itself.
Captured attempt(const std::string& executable, const std::vector<std::string>& options,
                 const std::string& directory, const ProbeLimits& limits) {
  ChildSpec spec{.arguments = {executable},
                 .environment = clean_environment(),
                 .input = kNullDevice,
                 .directory = directory,
                 .group = ProcessGroup::own_group,
                 .abandoned = Abandoned::kill_group};
  spec.arguments.insert(spec.arguments.end(), options.begin(), options.end());
  spec.arguments.insert(spec.arguments.end(), {"-c", std::string(kProbeScript)});
  Captured captured =
      capture(std::move(spec), CapturedStreams::output_and_errors, {limits.time, limits.output_bytes});
  if (captured.error_number != 0) refuse_start(executable, captured.error_number);
  if (captured.end == OutputEnd::out_of_time)
    refuse(format_text("it did not answer within {} s", static_cast<double>(limits.time.count()) / 1000));
  if (captured.end == OutputEnd::refused) refuse("it does not stop writing");
  return captured;
}

std::string last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  text.remove_prefix(text.rfind('\n') + 1);  // npos + 1 is 0
  std::string line;
  for (const char character : text.substr(0, 200))
    line += static_cast<unsigned char>(character) < ' ' ? ' ' : character;
  return line;
}

}  // namespace

std::string run_probe(const std::string& executable, const std::string& directory,
                      const ProbeLimits& limits) {
  Captured result = attempt(executable, {"-I", "-B"}, directory, limits);
  constexpr int kUnknownOption = 2;
  if (result.status && WIFEXITED(*result.status) && WEXITSTATUS(*result.status) == kUnknownOption)
    result = attempt(executable, {"-E", "-B"}, directory, limits);
  if (succeeded(result.status)) return std::move(result.output);
  const std::string reason = last_line(result.error_output);
  if (!result.status) refuse("its exit status is unknown: SIGCHLD is ignored");
  if (WIFSIGNALED(*result.status)) refuse(format_text("it was ended by signal {}", WTERMSIG(*result.status)));
  refuse(format_text("it ended with exit code {}{}{}", WEXITSTATUS(*result.status),
                     reason.empty() ? "" : ": ", reason));
}

}  // namespace envstore
