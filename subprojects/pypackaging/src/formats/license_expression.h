#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace pypackaging {

/// What is wrong with the form of an SPDX license expression (SPDX 2.3, annex D; PEP 639), or nullopt.
/// Whether SPDX knows an identifier is not looked up: that list grows by itself.
std::optional<std::string> fault_of_license_expression(std::string_view expression);

}  // namespace pypackaging
