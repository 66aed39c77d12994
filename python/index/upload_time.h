#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace envstore {

/// Parses `yyyy-mm-ddThh:mm:ss[.ffffff](Z|±hh:mm)` (PEP 700, ISO 8601) into nanoseconds since 1970 UTC;
/// nullopt: malformed.
std::optional<std::int64_t> parse_upload_time(std::string_view text);

}  // namespace envstore
