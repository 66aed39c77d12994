#pragma once
#include "python/provision/provision.h"

namespace envstore {

/// The additional layer of a run that starts pip and whose layers have no pip (DESIGN section 16): the wheel
/// that the interpreter bundles for `ensurepip`, else the newest compatible pip.
LayerRequest own_pip_request(const Interpreter& interpreter);

/// Settings for that layer: the run's constraints, overrides and resolution strategy do not apply to it.
/// Hashes can be required of files of a package index, but not of the interpreter's own wheel.
ResolutionSettings own_pip_settings(ResolutionSettings settings, const LayerRequest& pip);

}  // namespace envstore
