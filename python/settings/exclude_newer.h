#pragma once
#include <optional>

#include "python/settings/resolution_settings.h"
#include "python/settings/settings_layer.h"

namespace envstore {

/// Parses uv's exclude-newer: an RFC 3339 time (`t` and `z` in either case); a date, alone or with a time
/// without an offset (which is ignored, as in uv): the end of that day in the local time zone; a duration
/// before the resolution (`7 days`, `1w 2d`, `P7D`, `24:00:00`); `false`: nullopt, no cut-off. Throws
/// Error{usage}.
std::optional<UploadCutoff> parse_exclude_newer(const SettingValue& setting);

}  // namespace envstore
