#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cli/options/config.h"
#include "cli/options/options.h"
#include "cli/options/run_target.h"
#include "cli/options/verbosity.h"
#include "python/provision/prepare.h"
#include "store/platform/files.h"

namespace envstore {

/// One `envstore run`, parsed as far as a warm run needs it: of the configuration files only envstore.yaml is
/// parsed.
struct RunSetup {
  RunWords request;
  BytecodeMode bytecode = BytecodeMode::background;
  ConfigurationFiles files;
  bool can_be_read_again = true;  ///< false: the script came from a named pipe
};

/// Throws Error{usage, not_found}.
RunSetup read_run_setup(const Arguments& arguments, NamedPipes named_pipes = NamedPipes::read);

/// True if an --env-file is not a regular file (a pipe, for example), so that another process could not read
/// it again.
bool has_env_file_to_read_once(const Arguments& arguments);

/// Changes to the directory that --directory or UV_WORKING_DIR names, and back on destruction: a program that
/// this process execs changes to it again. Throws Error{usage, not_found}.
class EnteredDirectory {
 public:
  explicit EnteredDirectory(const Arguments& arguments);
  ~EnteredDirectory() { leave(); }
  EnteredDirectory(const EnteredDirectory&) = delete;
  EnteredDirectory& operator=(const EnteredDirectory&) = delete;
  void leave() noexcept;

 private:
  Fd before_;
};

/// True for --no-cache or UV_NO_CACHE: this run uses a temporary store of its own.
bool wants_throwaway_store(const Arguments& arguments);

/// Clears the effect of --refresh, --upgrade (also for single packages) and --compile-bytecode after it has
/// taken place.
void clear_one_shot_flags(RunWords& request);

/// `numpy>=1,<2,pandas` -> `numpy>=1,<2` and `pandas`: a comma followed by something other than a name is
/// part of a specifier.
std::vector<std::string> split_requirements(std::string_view text);

/// The options from --exec, --quiet, --env-file and UV_ENV_FILE. Throws Error{usage, not_found}.
LaunchOptions launch_options(const Arguments& arguments);

Verbosity verbosity_of(const Arguments& arguments);

}  // namespace envstore
