#pragma once
#include "python/interpreter/interpreter.h"
#include "python/resolve/layers.h"

namespace envstore {

/// The hashes of requirements files, flags, and the URLs of direct references. Throws Error{invalid_input}
/// for a requirement without one, if hashes are required.
RequiredHashes required_hashes(const Layer& layer, const Interpreter& interpreter);

}  // namespace envstore
