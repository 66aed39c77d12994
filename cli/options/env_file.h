#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace envstore {

using VariableList = std::vector<std::pair<std::string, std::string>>;
/// Looks a variable up in the environment, which has priority over the file.
using Lookup = std::function<std::optional<std::string>(const std::string&)>;

/// Parses a dotenv file as uv does: `NAME=value` lines, `export`, # comments, 'literal' and "escaped" values
/// that may span lines, `$NAME`, `${NAME}` and `${NAME:-default}` outside single quotes. The result is in
/// file order; for a repeated name the first value counts. Throws Error{usage} with `path` and the line.
VariableList parse_env_file(std::string_view text, const std::string& path, const Lookup& lookup);

/// Splits UV_ENV_FILE into paths at white space; a backslash escapes the next character.
std::vector<std::string> split_env_files(std::string_view text);

/// The variables that the files add to the environment of this process: a later file overrides an earlier
/// one, and a variable of the environment is never overridden. Throws Error{usage} for a missing file.
VariableList read_env_files(const std::vector<std::string>& paths);

}  // namespace envstore
