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
  bool operator==(const ScriptBlock&) const = default;
};

/// nullopt if the script has no such block. Two blocks, or an unclosed one, are an error; its position is
/// that of the second opening, of the unclosed opening, or of a line that was probably meant to close the
/// block.
Result<std::optional<ScriptBlock>> find_script_block(std::string_view script);

/// The first line that looks like the opening of the block but is not one, such as `#/// script` or one with
/// trailing white space; the position is the line's offset.
std::optional<ParseError> find_misspelt_opening(std::string_view script);

}  // namespace pypackaging
