#pragma once
#include <optional>
#include <string>

#include "cli/options/options.h"
#include "python/launch/launch.h"

namespace envstore {

/// What `envstore run` is to start, and the text in which its metadata block is looked for.
struct RunTarget {
  Target target;
  std::optional<std::string> script_text;
  std::string script_path;      ///< absolute; empty: no file with a place of its own
  bool was_named_pipe = false;  ///< what was read from it is gone
};

/// A script in a named pipe can be read by one process only.
enum class NamedPipes { read, refuse };

/// uv's rules: `-` is standard input, a file that ends in .py or a directory or zipapp with __main__.py is a
/// script, anything else a command; --module and --script say it outright. Reads the script. Standard input
/// and pipes are replaced by what was read, so that Python reads it anew: a descriptor (/dev/fd/63,
/// /dev/stdin) in its place, a named pipe by a descriptor. Throws Error{usage, not_found}, and Error{busy}
/// for a named pipe that is not to be read.
RunTarget find_target(const Arguments& arguments, NamedPipes named_pipes = NamedPipes::read);

/// The file is a zip archive with a __main__.py in it, whatever stands before the archive.
bool is_zipapp(const std::string& path);

}  // namespace envstore
