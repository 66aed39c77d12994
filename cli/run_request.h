#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cli/config.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "python/provision/prepare.h"

namespace envstore {

/// One `envstore run`, understood as far as a warm run must: nothing of configuration is parsed unless an
/// envstore.yaml is there.
struct RunSetup {
  RunRequest request;
  BytecodeMode bytecode = BytecodeMode::background;
  ConfigurationFiles files;
};

/// Throws Error{usage, not_found}.
RunSetup read_run_setup(const Arguments& arguments);

/// Takes away what --refresh, --upgrade and --compile-bytecode asked for: it has been done.
void ask_nothing_anew(RunRequest& request);

/// `numpy>=1,<2,pandas` -> `numpy>=1,<2` and `pandas`: a comma before something that is no name belongs to a
/// specifier.
std::vector<std::string> split_requirements(std::string_view text);

/// --exec, --env-file and its variable. Throws Error{usage, not_found}.
LaunchOptions launch_options(const Arguments& arguments);

Verbosity verbosity_of(const Arguments& arguments);

/// For -v: the store, the target, and where each setting comes from.
std::string describe_setup(const Store& store, const Arguments& arguments, const RunSetup& setup);

}  // namespace envstore
