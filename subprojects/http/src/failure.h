#pragma once
#include "python/network/module.h"

namespace envstore {

/// The exception being handled, as a value that may leave the module.
HttpFailure current_failure() noexcept;

}  // namespace envstore
