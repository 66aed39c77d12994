#pragma once
#include <string>
#include <string_view>

#include "pypackaging/result.h"

namespace pypackaging {

/// True for a valid project name: packaging.python.org "Names and normalization", name format
/// (case-insensitive `^([A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])$`). Extras and dependency groups follow the
/// same rule (PEP 685, 735).
bool is_valid_name(std::string_view name);

/// The normalised form (PEP 503): lower case, runs of `-`, `_`, `.` as one `-`. Does not check validity.
std::string normalize_name(std::string_view name);

/// Checks the name and returns it normalised.
Result<std::string> parse_name(std::string_view text);

}  // namespace pypackaging
