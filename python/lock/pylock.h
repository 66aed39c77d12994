#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pypackaging/marker.h"
#include "pypackaging/specifier.h"
#include "pypackaging/version.h"
#include "python/index/simple_page.h"

namespace envstore {

/// One entry of [[packages]]. It has either `wheels` and `sdist` (one of them may be missing), or `archive`,
/// or a source tree.
struct PylockPackage {
  std::string name;  ///< normalised
  std::optional<pypackaging::Version> version = std::nullopt;
  pypackaging::Marker marker = {};  ///< empty: always
  std::optional<pypackaging::SpecifierSet> requires_python = std::nullopt;
  std::vector<std::string> dependencies = {};  ///< names, sorted; for information only
  std::string index = {};                      ///< URL without credentials; empty: not recorded
  /// A file's URL is http, https, file, or an absolute path (`path` in the text).
  std::vector<IndexFile> wheels = {};
  std::optional<IndexFile> sdist = std::nullopt, archive = std::nullopt;
  std::string source_tree = {};  ///< `vcs` or `directory`: the kind of an entry that has no file
  std::size_t line = 0;          ///< of the entry in the text that was read; not compared

  bool operator==(const PylockPackage& other) const;
};

/// The content of a pylock.toml (packaging.python.org "pylock.toml Specification", PEP 751) with
/// lock-version 1: a pure value. Attestation identities and tool tables are not kept.
struct Pylock {
  std::vector<pypackaging::Marker> environments;  ///< of which one must be true; empty: any
  std::optional<pypackaging::SpecifierSet> requires_python;
  std::vector<std::string> extras, dependency_groups;  ///< that can be asked for, normalised
  std::vector<std::string> default_groups;             ///< normalised
  std::string created_by;
  std::vector<PylockPackage> packages;
  bool operator==(const Pylock&) const = default;
};

/// Whether the specification allows the file name: `pylock.toml`, or `pylock.NAME.toml` where NAME is not
/// empty and has no dot.
bool is_pylock_name(std::string_view filename);

/// The text: keys and arrays in a fixed order, URLs without credentials, so that equal values give the same
/// bytes. Every file must have a hash. Does not write `line`.
std::string write_pylock(const Pylock& pylock);

/// A lock that was read, and sentences about what was ignored.
struct ParsedPylock {
  Pylock pylock;
  std::vector<std::string> warnings;
};

/// `path`: absolute; for messages, and relative paths start at its directory. Throws Error{invalid_input}
/// with line and column for a text that is not as specified, Error{unsupported} for another major
/// lock-version.
ParsedPylock parse_pylock(std::string_view text, const std::string& path);

}  // namespace envstore
