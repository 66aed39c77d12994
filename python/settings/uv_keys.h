#pragma once
#include <optional>
#include <span>
#include <string_view>

#include "python/settings/setting_table.h"

namespace envstore {

/// How envstore treats a key. `harmless`: it cannot change what is installed; accepted silently. `refused`:
/// it could change what is installed; an error, unless its value is false or empty.
enum class KeyUse { supported, harmless, refused };

/// A key of uv's settings (docs.astral.sh/uv "Settings").
struct UvKey {
  std::string_view name;
  KeyUse in_script;         ///< in [tool.uv] of a script's metadata
  KeyUse in_file;           ///< in uv.toml, or in [tool.uv] of a pyproject.toml, as far as `run` is concerned
  std::string_view remedy;  ///< for refused ones: what the user can do
};

/// The keys of uv 0.13 that are no settings of envstore (see setting_table.h).
std::span<const UvKey> other_uv_keys();
/// The keys of the tables of `index`.
std::span<const UvKey> uv_index_keys();
/// nullptr: there is none of that name.
const UvKey* find_key(std::span<const UvKey> keys, std::string_view name);
/// A key of the settings or of other_uv_keys. nullopt: it may belong to a newer uv and is an error, too.
std::optional<UvKey> find_uv_key(SettingTable settings, std::string_view name);

}  // namespace envstore
