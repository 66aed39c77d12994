#pragma once
#include "../operation.h"

namespace pypackaging::probe {

/// Resolves in a universe that the request describes.
Json resolve_operation(const Json& request);

}  // namespace pypackaging::probe
