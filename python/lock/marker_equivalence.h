#pragma once
#include <optional>

#include "pypackaging/marker.h"
#include "pypackaging/specifier.h"

namespace envstore {

/// Whether both markers have the same value in every environment whose Python meets `requires_python`. uv
/// writes markers in a form of its own (`python_version < '3.11'` as `python_full_version < '3.11'`, what
/// requires-python implies left out), so their texts cannot be compared. Decided by evaluation for every
/// combination of the values at which a clause of either could change; false if there are too many.
bool are_equivalent(const pypackaging::Marker& a, const pypackaging::Marker& b,
                    const std::optional<pypackaging::SpecifierSet>& requires_python);

}  // namespace envstore
