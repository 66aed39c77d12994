#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace envstore {

/// `yyyy-mm-ddThh:mm:ss[.ffffff](Z|±hh:mm)` (PEP 700, ISO 8601) in nanoseconds since 1970; nullopt: it is
/// none.
std::optional<std::int64_t> parse_upload_time(std::string_view text);

}  // namespace envstore
