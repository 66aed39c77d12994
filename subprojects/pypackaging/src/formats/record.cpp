#include <charconv>
#include <cstdint>

#include "../standards/quote.h"
#include "csv.h"
#include "pypackaging/metadata.h"
#include "text.h"

namespace pypackaging {
namespace {

std::optional<ParseError> read_hash(std::string_view text, RecordEntry& entry, std::size_t offset) {
  if (text.empty()) return std::nullopt;
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size())
    return ParseError{"the hash of " + quote(entry.path) + " is not ALGORITHM=DIGEST but " + quote(text),
                      offset};
  entry.algorithm = text.substr(0, equals);
  entry.digest = text.substr(equals + 1);
  return std::nullopt;
}

std::optional<ParseError> read_size(std::string_view text, RecordEntry& entry, std::size_t offset) {
  if (text.empty()) return std::nullopt;
  std::uint64_t size = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, fault] = std::from_chars(text.data(), end, size);
  if (fault != std::errc{} || stopped != end)
    return ParseError{"the size of " + quote(entry.path) + " is not a number of bytes but " + quote(text),
                      offset};
  entry.size = size;
  return std::nullopt;
}

/// Missing fields at the end count as empty; additional fields are ignored.
Result<RecordEntry> entry_of(const CsvRow& row) {
  if (row.fields[0].empty()) return ParseError{"a RECORD line has no path", row.offset};
  const auto field = [&](std::size_t i) {
    return i < row.fields.size() ? ascii::trim(row.fields[i]) : std::string_view();
  };
  RecordEntry entry;
  entry.path = row.fields[0];
  if (auto fault = read_hash(field(1), entry, row.offset)) return *std::move(fault);
  if (auto fault = read_size(field(2), entry, row.offset)) return *std::move(fault);
  return entry;
}

}  // namespace

Result<std::vector<RecordEntry>> parse_record(std::string_view text) {
  const std::string_view content = text::without_byte_order_mark(text);
  const std::size_t skipped = text.size() - content.size();
  CsvReader reader(content);
  CsvRow row;
  std::vector<RecordEntry> entries;
  while (!reader.at_end()) {
    if (auto fault = reader.read(row)) {
      fault->position += skipped;
      return *std::move(fault);
    }
    if (row.is_blank()) continue;
    row.offset += skipped;
    auto entry = entry_of(row);
    if (!entry) return entry.error();
    entries.push_back(*std::move(entry));
  }
  return entries;
}

}  // namespace pypackaging
