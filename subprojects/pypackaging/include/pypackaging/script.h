#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "pypackaging/result.h"

namespace pypackaging {

/// The `script` block of inline script metadata (packaging.python.org "Inline script metadata", PEP 723).
struct ScriptBlock {
  std::string toml;        ///< the TOML text with the comment prefixes taken off
  std::size_t first_line;  ///< 1-based line of the TOML text's first line in the script; a TOML column is the
                           ///< script's column less 2
};

/// nullopt when the script has no such block. Two blocks, or an unclosed one, is an error with its offset: of
/// the line that nearly closes it, where there is one.
Result<std::optional<ScriptBlock>> find_script_block(std::string_view script);

/// A line that was meant to open the block and does not, as `#/// script` or one with a blank behind it, with
/// its offset.
std::optional<ParseError> find_misspelt_opening(std::string_view script);

}  // namespace pypackaging
