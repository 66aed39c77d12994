#pragma once
#include <optional>
#include <string>

#include "cli/options/options.h"
#include "python/launch/launch.h"

namespace envstore {

/// The program that `envstore run` starts, and the text that is searched for a metadata block.
struct RunTarget {
  Target target;
  std::optional<std::string> script_text;
  std::string script_path;      ///< absolute; empty: not a script, or one from a descriptor
  bool was_named_pipe = false;  ///< its content is consumed and cannot be read again
};

/// A script in a named pipe can be read only once. `refuse`: leave it to the program that this process execs.
enum class NamedPipes { read, refuse };

/// Follows uv's rules: `-` is standard input; a file that ends in .py, and a directory or zipapp with
/// __main__.py, is a script; anything else is a command; --module and --script override this. Reads the
/// script. Standard input and pipes are replaced by an anonymous file with their content, so that Python can
/// read it again: a descriptor (/dev/fd/63, /dev/stdin) keeps its number, a named pipe becomes /dev/fd/N.
/// Throws Error{usage, not_found}, and Error{busy} for a named pipe with NamedPipes::refuse.
RunTarget find_target(const Arguments& arguments, NamedPipes named_pipes = NamedPipes::read);

/// True if the file is a zip archive that holds a __main__.py, with or without data before the archive.
bool is_zipapp(const std::string& path);

}  // namespace envstore
