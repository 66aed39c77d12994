#include "python/launch/launch.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "python/launch/environment.h"
#include "python/launch/exec_spec.h"
#include "python/launch/installed_note.h"
#include "python/launch/keeper.h"
#include "python/launch/overlay.h"
#include "python/launch/own_commands.h"
#include "python/launch/supervise.h"
#include "store/platform/error.h"
#include "store/platform/filesystem_kind.h"
#include "store/platform/format.h"
#include "store/platform/limits.h"
#include "store/platform/terminal_text.h"
#include "store/process/spawn.h"

namespace envstore {
namespace {

constexpr int kCannotRun = 126, kNotFound = 127;

/// A spare scratch contains the layers' absolute paths, so that one store seen under two paths (containers)
/// has two kinds of spares.
Fingerprint scratch_key(const StoreReader& store, const LaunchPlan& plan) {
  constexpr std::string_view kRecipe = "recipe 2";  // change the number with every change of scratch_recipe
  return fingerprint(
      as_bytes(plan.encode() + '\0' + store.path() + '\0' + ENVSTORE_VERSION + '\0' + std::string(kRecipe)));
}

int report_failure(const std::string& name, int exit_code, std::string_view reason,
                   std::string_view hint = {}) {
  std::string text = format_text("error: cannot run '{}': {}\n", name, reason);
  if (!hint.empty()) text += format_text("hint: {}\n", hint);
  (void)std::fputs(terminal_text(text).c_str(), stderr);
  return exit_code;
}

constexpr const char* kNoexecHint =
    "set ENVSTORE_ROOT (or --store) to a directory on another mount, or remount this one with exec";

int report_refused(const std::string& name, const ExecSpec& line, const StoreReader& store) {
  if (!line.reason.empty()) return report_failure(name, line.failure, line.reason, line.hint);
  if (line.failure == kCannotRun && is_on_noexec_mount(line.executable))
    return report_failure(name, line.failure, kNoexecReason,
                          line.executable.starts_with(store.path() + "/")
                              ? kNoexecHint
                              : "start it through its interpreter, or copy it to another mount");
  return report_failure(
      name, line.failure,
      line.failure == kNotFound ? "no such command in the environment or on PATH" : "it is not executable");
}

/// A missing interpreter is an error of the environment, anything else one of the command.
int report_not_started(const LaunchPlan& plan, const Target& target, int error_number) {
  const bool is_interpreter = access(plan.interpreter.c_str(), X_OK) != 0;
  if (is_interpreter)
    throw Error(
        ErrorKind::not_found,
        format_text("cannot start '{}': {}", plan.interpreter, std::generic_category().message(error_number)),
        "the interpreter was removed or replaced: run again with --refresh, or name another with --python");
  return report_failure(target.name, error_number == ENOENT ? kNotFound : kCannotRun,
                        std::generic_category().message(error_number),
                        error_number == EAGAIN ? kNoThreadHint : "");
}

/// The user's program, with the signal mask that this process was started with.
ChildSpec child_spec(const ExecSpec& line, const std::vector<std::string>& environment,
                     const sigset_t& mask) {
  return {.arguments = line.arguments,
          .executable = line.executable,
          .shell_fallback = ShellFallback::yes,
          .environment = environment,
          .signal_mask = mask};
}

/// Python's own error for a compiled module that cannot be mapped does not mention the mount.
void tell_of_noexec(const StoreReader& store) {
  if (!is_on_noexec_mount(store.path())) return;
  const std::string text = format_text(
      "note: compiled modules and commands of packages cannot be loaded from the store '{}': {}\n"
      "hint: {}\n",
      store.path(), kNoexecReason, kNoexecHint);
  (void)std::fputs(terminal_text(text).c_str(), stderr);
}

/// From here on the lease's descriptor belongs to the child; helpers that this process starts must not
/// inherit it and keep the lease alive.
void close_on_exec(int fd) {
  fcntl(fd, F_SETFD, FD_CLOEXEC);
}

}  // namespace

Scratch make_scratch(StoreWriter& store, const Lease& lease, const LaunchPlan& plan) {
  if (!lease.private_directory().empty())
    return Scratch::make_outside(store, lease.private_directory(), scratch_recipe(store, plan));
  return Scratch::make(store, lease.name(), scratch_key(store, plan),
                       [&] { return scratch_recipe(store, plan); });
}

int launch(StoreWriter& store, Lease lease, const LaunchPlan& plan, const Target& target,
           const LaunchOptions& options, const std::function<void()>& while_running) {
  GroupWitness witness;  // before the scratch, so that it ends during the scratch's clean-up
  Scratch scratch = make_scratch(store, lease, plan);
  const std::vector<std::string> environment =
      run_environment(own_environment(), options.environment, store, plan, scratch.path(), lease.name());
  const ExecSpec line = exec_spec(target, plan, scratch.path(), value_in(environment, "PATH"));
  if (line.failure != 0) return report_refused(target.name, line, store);
  const int lease_fd = lease.make_inheritable();
  restore_file_size_limit();
  if (options.replace_process) {
    if (!options.is_quiet && is_pip(target)) tell_that_installs_end();
    const ExecKeeper keeper(store, lease);
    const int error = exec_program(line.executable, line.arguments, &environment, ShellFallback::yes);
    // On success no destructor runs, and the lease stays held.
    return report_not_started(plan, target, error);
  }

  const SignalScope signals;
  adopt_orphans();
  Spawned started = try_spawn(child_spec(line, environment, signals.original_mask()));
  lift_file_size_limit();
  if (started.error_number != 0) return report_not_started(plan, target, started.error_number);
  close_on_exec(lease_fd);
  try {
    if (while_running) while_running();
  } catch (const std::exception&) {
    // The program is running: the background work is left to a later process.
  }
  const int exit_code = supervise(started.child.release(), signals, witness);
  if (!options.is_quiet && is_pip(target)) tell_what_pip_installed(scratch.path() + "/" + plan.site_path);
  if (!options.is_quiet && exit_code != 0 && line.executable.starts_with(scratch.path()))
    tell_of_noexec(store);
  witness.reap();  // a child of this process, but not part of the run
  try {
    const std::vector<pid_t> remaining = remaining_processes(lease.name());
    if (!remaining.empty()) keep_until_end(store, lease, scratch, remaining);
  } catch (const std::exception&) {
    // Not known: counts as in use. If nothing is left, the next run or collection removes a dead lease.
    scratch.leave();
    lease.hand_over();
  }
  return exit_code;
}

}  // namespace envstore
