#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace pypackaging {

/// The syntax error of an SPDX license expression (SPDX 2.3, annex D; PEP 639), or nullopt. Identifiers are
/// not checked against SPDX's list, which grows independently of this library.
std::optional<std::string> fault_of_license_expression(std::string_view expression);

}  // namespace pypackaging
