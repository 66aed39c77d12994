#pragma once
#include <functional>

#include "python/provision/prepare.h"
#include "python/settings/script_metadata.h"

namespace envstore {

/// The interpreter of a run: --python, else the `.python-version` file if it goes with the script's
/// requires-python, else the first that meets requires-python. `==3.12` there means 3.12.*, with a warning.
/// `before_probe`: DiscoveryInputs::before_probe. Throws Error{not_found}.
Discovery choose_interpreter(Store& store, const RunRequest& request, const ScriptMetadata& script,
                             const std::optional<PythonVersionFile>& version_file,
                             PythonPreference preference, std::function<void()> before_probe,
                             Progress& progress);

}  // namespace envstore
