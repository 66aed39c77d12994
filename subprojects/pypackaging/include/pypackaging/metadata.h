#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pypackaging/requirement.h"
#include "pypackaging/result.h"
#include "pypackaging/version.h"

namespace pypackaging {

/// Core metadata (packaging.python.org "Core metadata specifications", up to 2.4). The shape is RFC 822:
/// folded lines, a body that is the description. Unknown fields are kept; faults are collected, not thrown.
/// Bytes that are no UTF-8 are replaced by U+FFFD (and a fault).
struct CoreMetadata {
  std::string metadata_version;
  std::string name;  ///< as written
  std::optional<Version> version;
  std::vector<Requirement> requires_dist;
  std::optional<SpecifierSet> requires_python;
  std::vector<std::string> provides_extra;  ///< normalised
  std::vector<std::string> dynamic;
  /// Every field in the file by its lower-case name, values in order, folded lines joined by LF without their
  /// indentation; `description` includes the body. A repeated field that may stand only once keeps its first
  /// value.
  std::map<std::string, std::vector<std::string>> fields;
  std::vector<ParseError> errors;         ///< what is wrong, field named in the message; position in the text
  std::optional<ParseError> first_fatal;  ///< see fatal_error

  static CoreMetadata parse(std::string_view text);
  /// The first fault that makes the metadata useless for installing or resolving (no name or version or two
  /// of them, an unreadable Requires-Dist or Requires-Python, a major Metadata-Version above 2), or nullopt.
  std::optional<ParseError> fatal_error() const;
};

/// True for the fields that may stand more than once ("multiple use"); `name` in lower case with dashes.
bool is_multiple_use_field(std::string_view name);

/// `WHEEL` (packaging.python.org "Binary distribution format").
struct WheelInfo {
  std::pair<int, int> wheel_version{0, 0};  ///< `1` is 1.0; what follows the minor version says nothing
  bool root_is_purelib = false;             ///< false where the file does not say `true`, as pip has it
  std::vector<std::string> tags;
  std::optional<std::string> build;
  static Result<WheelInfo> parse(std::string_view text);
};

/// One line of RECORD (packaging.python.org "Recording installed projects").
struct RecordEntry {
  std::string path;
  std::string algorithm;  ///< `sha256`, empty when the line has no hash
  std::string digest;     ///< as written: urlsafe base64 without padding
  std::optional<std::uint64_t> size;
};
/// Reads RECORD's CSV (RFC 4180, lines in LF, CRLF or CR, with or without a byte order mark) in the file's
/// order; a path may stand in several lines, a line may leave hash and size out. Unreadable quotes and
/// numbers are errors with a position.
Result<std::vector<RecordEntry>> parse_record(std::string_view text);

/// One entry point (packaging.python.org "Entry points specification").
struct EntryPoint {
  std::string name;
  std::string module;
  std::string attribute;            ///< `a.b`, or empty
  std::vector<std::string> extras;  ///< normalised
};
using EntryPoints = std::map<std::string, std::vector<EntryPoint>>;  ///< by group, in the file's order
/// Reads entry_points.txt as importlib.metadata does, and lines that only continue a value as configparser
/// does. In `console_scripts` and `gui_scripts` a name that is no file name, a value that is not
/// MODULE:ATTRIBUTE and two meanings of one name are errors; consumers define what the values of other groups
/// mean, so one of another form stands in `module` as it is written. A comment behind a script's value
/// (` # text`, ` ; text`) is no part of it, as pip has it.
Result<EntryPoints> parse_entry_points(std::string_view text);

}  // namespace pypackaging
