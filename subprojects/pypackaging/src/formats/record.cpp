#include <algorithm>
#include <charconv>
#include <cstdint>

#include "../standards/quote.h"
#include "csv.h"
#include "pypackaging/metadata.h"

namespace pypackaging {
namespace {

std::optional<ParseError> read_hash(std::string_view text, RecordEntry& entry, std::size_t offset) {
  if (text.empty()) return std::nullopt;
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size())
    return ParseError{"the hash of " + quoted(entry.path) + " is not ALGORITHM=DIGEST but " + quoted(text),
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
    return ParseError{"the size of " + quoted(entry.path) + " is not a number of bytes but " + quoted(text),
                      offset};
  entry.size = size;
  return std::nullopt;
}

Result<RecordEntry> entry_of(const CsvRow& row) {
  if (row.fields.size() != 3)
    return ParseError{
        "a RECORD line has three fields (path, hash, size), not " + std::to_string(row.fields.size()),
        row.offset};
  if (row.fields[0].empty()) return ParseError{"a RECORD line has no path", row.offset};
  RecordEntry entry;
  entry.path = row.fields[0];
  if (auto fault = read_hash(row.fields[1], entry, row.offset)) return *std::move(fault);
  if (auto fault = read_size(row.fields[2], entry, row.offset)) return *std::move(fault);
  return entry;
}

/// By sorting: a hostile file can slow down a hash table.
std::optional<ParseError> find_repeated(const std::vector<RecordEntry>& entries,
                                        const std::vector<std::size_t>& offsets) {
  std::vector<std::size_t> order(entries.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const int compared = entries[a].path.compare(entries[b].path);
    return compared != 0 ? compared < 0 : a < b;
  });
  std::optional<std::size_t> first;
  for (std::size_t i = 1; i < order.size(); ++i)
    if (entries[order[i]].path == entries[order[i - 1]].path && (!first || order[i] < *first))
      first = order[i];
  if (!first) return std::nullopt;
  return ParseError{quoted(entries[*first].path) + " is listed twice", offsets[*first]};
}

}  // namespace

Result<std::vector<RecordEntry>> parse_record(std::string_view text) {
  CsvReader reader(text);
  CsvRow row;
  std::vector<RecordEntry> entries;
  std::vector<std::size_t> offsets;
  while (!reader.at_end()) {
    if (auto fault = reader.read(row)) return *std::move(fault);
    if (row.is_blank()) continue;
    auto entry = entry_of(row);
    if (!entry) return entry.error();
    entries.push_back(*std::move(entry));
    offsets.push_back(row.offset);
  }
  if (auto fault = find_repeated(entries, offsets)) return *std::move(fault);
  return entries;
}

}  // namespace pypackaging
