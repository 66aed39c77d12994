#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace envstore {

using Variables = std::vector<std::pair<std::string, std::string>>;
/// The value of a variable that is not set in the file.
using Lookup = std::function<std::optional<std::string>(const std::string&)>;

/// A dotenv file as uv reads it: `NAME=value` lines, `export`, # comments, 'literal' and "escaped" values
/// that may span lines, `$NAME`, `${NAME}` and `${NAME:-default}` outside single quotes. In the file's order,
/// each name once, the first counts. Throws Error{usage} with `path` and the line.
Variables parse_env_file(std::string_view text, const std::string& path, const Lookup& lookup);

/// The paths in UV_ENV_FILE: words, in which a backslash takes the next character as it is.
std::vector<std::string> split_env_files(std::string_view text);

/// What the files set on top of the own environment: a later file wins over an earlier one, the environment
/// over both.
Variables read_env_files(const std::vector<std::string>& paths);

}  // namespace envstore
