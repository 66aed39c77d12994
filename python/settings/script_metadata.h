#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pypackaging/requirement.h"
#include "pypackaging/specifier.h"
#include "python/settings/script_settings.h"

namespace envstore {

/// The content of a PEP 723 block (packaging.python.org "Inline script metadata").
struct ScriptMetadata {
  std::optional<pypackaging::SpecifierSet> requires_python;
  std::vector<pypackaging::Requirement> dependencies;
  ScriptSettings settings;
  std::vector<std::string> warnings;  ///< about unknown keys
  bool operator==(const ScriptMetadata&) const = default;
};

/// `first_line`: the script's line on which the TOML text begins. Throws Error{invalid_input} with line and
/// column in the script. Relative paths and URLs are resolved against `directory`.
ScriptMetadata read_script_metadata(std::string_view toml, std::size_t first_line, const std::string& script,
                                    const std::string& directory);

}  // namespace envstore
