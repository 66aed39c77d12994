#pragma once
#include <string>
#include <string_view>

#include "python/settings/script_settings.h"

namespace envstore {

/// Reads a uv configuration file: uv.toml, or the table [tool.uv] of a pyproject.toml (nullopt: it has no
/// such table). Throws Error{usage, unsupported} with path, line and column.
std::optional<ScriptSettings> read_uv_file(std::string_view text, const std::string& path,
                                           SettingTable table = setting_table());

}  // namespace envstore
