#pragma once
#include "python/provision/provision.h"

namespace envstore {

/// The layer of a run that asks for pip and whose layers have none (DESIGN section 16): the wheel that the
/// interpreter brings along for `ensurepip`, else the newest pip that fits.
LayerRequest own_pip_request(const Interpreter& interpreter);

/// Settings for it: what the run's own requirements ask of versions does not concern it. A hash can be
/// demanded of what an index has, not of the interpreter's own wheel.
ResolutionSettings own_pip_settings(ResolutionSettings settings, const LayerRequest& pip);

}  // namespace envstore
