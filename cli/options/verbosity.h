#pragma once

namespace envstore {

/// How much a command prints on standard error (--quiet, --verbose).
enum class Verbosity { quiet, normal, verbose };

}  // namespace envstore
