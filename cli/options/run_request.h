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

/// One `envstore run`, understood as far as a warm run must: nothing of configuration is parsed unless an
/// envstore.yaml is there.
struct RunSetup {
  RunRequest request;
  BytecodeMode bytecode = BytecodeMode::background;
  ConfigurationFiles files;
  bool can_be_read_again = true;  ///< false: the script came from a named pipe
};

/// Throws Error{usage, not_found}.
RunSetup read_run_setup(const Arguments& arguments, NamedPipes named_pipes = NamedPipes::read);

/// Whether an --env-file is a pipe, so that another process could not read it again.
bool has_env_file_to_read_once(const Arguments& arguments);

/// Enters the directory that --directory or UV_WORKING_DIR names, and goes back at the end: a program that
/// this process becomes enters it anew. Throws Error{usage, not_found}.
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

/// --no-cache or UV_NO_CACHE: the store is one of this run alone.
bool wants_throwaway_store(const Arguments& arguments);

/// Takes away what --refresh, --upgrade and --compile-bytecode asked for: it has been done.
void clear_one_shot_flags(RunRequest& request);

/// `numpy>=1,<2,pandas` -> `numpy>=1,<2` and `pandas`: a comma before something that is no name belongs to a
/// specifier.
std::vector<std::string> split_requirements(std::string_view text);

/// --exec, --env-file and its variable. Throws Error{usage, not_found}.
LaunchOptions launch_options(const Arguments& arguments);

Verbosity verbosity_of(const Arguments& arguments);

/// For -v: the store, the target, and where each setting comes from.
std::string describe_setup(const Store& store, const Arguments& arguments, const RunSetup& setup);

}  // namespace envstore
