#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pypackaging {

/// One header of an RFC 822 message. Folded lines are joined by LF without their indentation: up to eight
/// blanks, or the seven blanks and the bar of the core metadata specification's "Description".
struct MessageField {
  std::string name;  ///< lower case
  std::string value;
  std::size_t offset;
};

/// A message as Python's email package parses it, on which the packaging tools rely: an empty line ends the
/// headers, and so does the first line that cannot be a header.
struct Message {
  std::vector<MessageField> fields;
  std::string_view body;  ///< part of the text that was parsed
  std::size_t body_offset = 0;
  /// Offsets of lines that are not headers: a continuation line before any header, a header without a name,
  /// the line that began the body.
  std::vector<std::size_t> stray_lines;
};

/// The result refers to `text`.
Message parse_message(std::string_view text);

}  // namespace pypackaging
