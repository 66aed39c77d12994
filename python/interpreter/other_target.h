#pragma once
#include <string>

#include "python/interpreter/interpreter.h"

namespace envstore {

/// Another environment than this machine's, for which versions and files are chosen: uv's --python-version
/// (`3.12`, which is 3.12.0, or `3.12.4`) and --python-platform. Empty: as the interpreter has it.
struct OtherTarget {
  std::string python_version, platform;
  bool is_given() const { return !python_version.empty() || !platform.empty(); }
};

/// The facts of `interpreter` with the version, the tags and the values of markers of `target`; paths stay.
/// Platforms are those of uv 0.13, with its meanings: `linux` is x86_64 with glibc 2.28, `macos` arm64 with
/// macOS 13, `windows` x86_64. Throws Error{usage} for a text that is no version or no platform, and
/// Error{unsupported} for platforms without wheels of CPython that could be chosen (Android, iOS, Pyodide).
Interpreter interpreter_of(Interpreter interpreter, const OtherTarget& target);

}  // namespace envstore
