#pragma once
#include <optional>
#include <string>

#include "cli/options.h"
#include "python/launch/launch.h"

namespace envstore {

/// What `envstore run` is to start, and the text in which its metadata block is looked for.
struct RunTarget {
  Target target;
  std::optional<std::string> script_text;
  std::string script_path;  ///< absolute; empty: no file
};

/// uv's rules: `-` is standard input, a file that ends in .py or a directory or zipapp with __main__.py is a
/// script, anything else a command; --module and --script say it outright. Reads the script, or standard
/// input (which is then replaced by what was read, so that Python reads it anew). Throws Error{usage,
/// not_found}.
RunTarget find_target(const Arguments& arguments);

/// The file is a zip archive with a __main__.py in it, whatever stands before the archive.
bool is_zipapp(const std::string& path);

}  // namespace envstore
