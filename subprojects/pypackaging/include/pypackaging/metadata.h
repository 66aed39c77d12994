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

/// Core metadata (packaging.python.org "Core metadata specifications", up to 2.4). The format is that of RFC
/// 822: folded lines, and a body that is the description. Unknown fields are kept. Errors are collected, not
/// thrown. Invalid UTF-8 is replaced by U+FFFD and recorded as an error.
struct CoreMetadata {
  std::string metadata_version;
  std::string name;  ///< as written
  std::optional<Version> version;
  std::vector<Requirement> requires_dist;
  std::optional<SpecifierSet> requires_python;
  std::vector<std::string> provides_extra;  ///< normalised
  std::vector<std::string> dynamic;
  /// Every field in the file by its lower-case name, values in order, folded lines joined by LF without their
  /// indentation; `description` includes the body. A repeated single-use field keeps its first value.
  std::map<std::string, std::vector<std::string>> fields;
  std::vector<ParseError> errors;         ///< messages name the field; positions in the text
  std::optional<ParseError> first_fatal;  ///< see fatal_error

  static CoreMetadata parse(std::string_view text);
  /// The first error that makes the metadata unusable for installing or resolving (a missing name or version,
  /// two different ones, an unreadable Requires-Dist or Requires-Python, a major Metadata-Version above 2),
  /// or nullopt.
  std::optional<ParseError> fatal_error() const;
};

/// True for fields that may occur more than once ("multiple use"); `name` in lower case with dashes.
bool is_multiple_use_field(std::string_view name);

/// `WHEEL` (packaging.python.org "Binary distribution format").
struct WheelInfo {
  std::pair<int, int> wheel_version{0, 0};  ///< `1` is 1.0; further numbers are ignored
  bool root_is_purelib = false;             ///< true only if the file has `true`, as in pip
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
/// Parses RECORD's CSV (RFC 4180, lines in LF, CRLF or CR, with or without a byte order mark) in the file's
/// order. A path may occur on several lines; hash and size are optional. Malformed quotes and numbers are
/// errors with a position.
Result<std::vector<RecordEntry>> parse_record(std::string_view text);

/// One entry point (packaging.python.org "Entry points specification").
struct EntryPoint {
  std::string name;
  std::string module;
  std::string attribute;            ///< `a.b`, or empty
  std::vector<std::string> extras;  ///< normalised
};
using EntryPoints = std::map<std::string, std::vector<EntryPoint>>;  ///< by group, in the file's order
/// Parses entry_points.txt as importlib.metadata does, and continuation lines as configparser does. In
/// `console_scripts` and `gui_scripts` it is an error if a name is not a file name, a value is not
/// MODULE:ATTRIBUTE, or one name has two values; a comment after a value (` # text`, ` ; text`) is dropped,
/// as in pip. The values of other groups are defined by their consumers: one that has another form is stored
/// in `module` unchanged.
Result<EntryPoints> parse_entry_points(std::string_view text);

}  // namespace pypackaging
