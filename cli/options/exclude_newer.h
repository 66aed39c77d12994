#pragma once
#include <optional>

#include "cli/options/config.h"

namespace envstore {

/// Parses uv's exclude-newer: an RFC 3339 time (`t` and `z` in either case); a date, alone or with a time
/// without an offset (which is ignored, as in uv): the end of that day in the local time zone; a duration
/// before the resolution (`7 days`, `1w 2d`, `P7D`, `24:00:00`); `false`: nullopt, no cut-off. Throws
/// Error{usage}.
std::optional<UploadCutoff> parse_exclude_newer(const Setting<std::string>& setting);

}  // namespace envstore
