#pragma once
#include <functional>

#include "python/provision/request.h"
#include "python/resolve/progress.h"

namespace envstore {

/// The interpreter of a run: --python, else the `.python-version` file if it goes with the script's
/// requires-python, else the first that meets requires-python. `==3.12` there means 3.12.*, with a warning.
/// `before_probe`: DiscoveryInputs::before_probe. Throws Error{not_found}.
Discovery choose_interpreter(StoreWriter& store, const Request& request, std::function<void()> before_probe,
                             Progress& progress);

}  // namespace envstore
