#pragma once
#include <string>
#include <vector>

#include "pypackaging/tags.h"

namespace pypackaging {

/// The platform tags that an environment accepts, best first: plain, manylinux (PEP 600), musllinux (PEP
/// 656).
std::vector<std::string> platform_tags(const TagEnvironment& environment);

}  // namespace pypackaging
