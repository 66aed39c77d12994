#pragma once
#include <string>
#include <vector>

#include "pypackaging/tags.h"

namespace pypackaging {

/// The platform tags that an environment accepts, best first: manylinux (PEP 600), musllinux (PEP 656),
/// plain.
std::vector<std::string> platform_tags(const TagEnvironment& environment);

}  // namespace pypackaging
