#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pypackaging/result.h"

namespace pypackaging {

struct CsvRow {
  std::vector<std::string> fields;
  std::size_t offset = 0;
  bool is_blank() const { return fields.size() == 1 && fields.front().empty(); }
};

/// Reads rows of RFC 4180 as Python's csv module does with `strict`: quotes are doubled inside quotes, rows
/// end in LF, CRLF or CR.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {}

  bool at_end() const { return position_ >= text_.size(); }
  /// Reads the next row into `row`, reusing its memory.
  std::optional<ParseError> read(CsvRow& row);

 private:
  std::optional<ParseError> read_field(std::string& field);
  std::optional<ParseError> read_quoted(std::string& field);
  bool is_at_separator() const;

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace pypackaging
