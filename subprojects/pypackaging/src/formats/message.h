#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pypackaging {

/// One header of an RFC 822 message. Folded lines are joined by LF, their indentation taken off: up to eight
/// blanks, or the seven blanks and the bar of the core metadata specification's "Description".
struct MessageField {
  std::string name;  ///< lower case
  std::string value;
  std::size_t offset;
};

/// A message as Python's email package reads it, because that is what the field's tools have in common: an
/// empty line ends the headers, and so does the first line that can be none.
struct Message {
  std::vector<MessageField> fields;
  std::string_view body;  ///< part of the text that was parsed
  std::size_t body_offset = 0;
  /// Lines that are no header: a continuation of nothing, a header without a name, the one that began the
  /// body.
  std::vector<std::size_t> stray_lines;
};

/// The result refers to `text`.
Message parse_message(std::string_view text);

}  // namespace pypackaging
