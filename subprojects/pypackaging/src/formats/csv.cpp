#include "csv.h"

namespace pypackaging {

bool CsvReader::is_at_separator() const {
  return at_end() || text_[position_] == ',' || text_[position_] == '\r' || text_[position_] == '\n';
}

std::optional<ParseError> CsvReader::read(CsvRow& row) {
  row.offset = position_;
  std::size_t count = 0;
  for (;;) {
    if (count == row.fields.size()) row.fields.emplace_back();
    if (auto fault = read_field(row.fields[count++])) return fault;
    if (at_end() || text_[position_] != ',') break;
    ++position_;
  }
  row.fields.resize(count);
  if (at_end()) return std::nullopt;
  const bool may_be_pair = text_[position_++] == '\r';
  if (may_be_pair && !at_end() && text_[position_] == '\n') ++position_;
  return std::nullopt;
}

std::optional<ParseError> CsvReader::read_field(std::string& field) {
  if (!at_end() && text_[position_] == '"') return read_quoted(field);
  const std::size_t begin = position_;
  while (!is_at_separator()) ++position_;
  field.assign(text_.substr(begin, position_ - begin));
  return std::nullopt;
}

std::optional<ParseError> CsvReader::read_quoted(std::string& field) {
  const std::size_t opening = position_++;
  field.clear();
  for (;;) {
    const std::size_t quote = text_.find('"', position_);
    if (quote == std::string_view::npos) return ParseError{"a quote is not closed", opening};
    field.append(text_.substr(position_, quote - position_));
    position_ = quote + 1;
    if (is_at_separator()) return std::nullopt;
    if (text_[position_] != '"')
      return ParseError{"a closing quote is followed by something else", position_};
    field += '"';
    ++position_;
  }
}

}  // namespace pypackaging
