#pragma once
#include <optional>

#include "cli/options/config.h"

namespace envstore {

/// The forms of uv's exclude-newer: RFC 3339 (in either case); a date, alone or with a time without an
/// offset: its end in the local time zone, as uv has it; a span before the resolution (`7 days`, `1w 2d`,
/// `P7D`, `24:00:00`); `false`: nullopt, no cut-off. Throws Error{usage}.
std::optional<UploadCutoff> parse_exclude_newer(const Setting<std::string>& setting);

}  // namespace envstore
