#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "pypackaging/metadata.h"

using namespace pypackaging;

namespace {

std::string quoted_field(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + "\"";
}

std::string printed(const std::vector<RecordEntry>& entries, const std::string& line_end) {
  std::string text;
  for (const RecordEntry& entry : entries) {
    text += quoted_field(entry.path) + ",";
    if (!entry.algorithm.empty()) text += entry.algorithm + "=" + entry.digest;
    text += "," + (entry.size ? std::to_string(*entry.size) : "") + line_end;
  }
  return text;
}

/// The number makes each path unique; the suffix makes it hard to parse.
std::vector<RecordEntry> random_entries() {
  std::vector<RecordEntry> entries;
  const int count = *rc::gen::inRange(0, 8);
  for (int i = 0; i < count; ++i) {
    RecordEntry entry;
    entry.path = std::to_string(i) + *rc::gen::element<std::string>("", "/a.py", "\"", ",", "\n", "\r\n", " ",
                                                                    "\"\"", "\xC3\xA9", "a\"b,c");
    if (*rc::gen::inRange(0, 2) == 1) {
      entry.algorithm = "sha256";
      entry.digest = *rc::gen::element<std::string>("abc", "a-_=", "=");
    }
    if (*rc::gen::inRange(0, 2) == 1)
      entry.size = *rc::gen::element<std::uint64_t>(0U, 7U, 18446744073709551615U);
    entries.push_back(entry);
  }
  return entries;
}

}  // namespace

TEST_CASE("what is written as CSV is read back, whatever the line ends") {
  CHECK(rc::check("round trip", [] {
    const std::vector<RecordEntry> entries = random_entries();
    const auto again =
        parse_record(printed(entries, *rc::gen::element<std::string>("\n", "\r\n", "\r", "\n\n")));
    RC_ASSERT(again.has_value());
    RC_ASSERT(again->size() == entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      RC_ASSERT((*again)[i].path == entries[i].path);
      RC_ASSERT((*again)[i].algorithm == entries[i].algorithm);
      RC_ASSERT((*again)[i].digest == entries[i].digest);
      RC_ASSERT((*again)[i].size == entries[i].size);
    }
  }));
}

TEST_CASE("every truncated length of RECORD is read or refused within the text") {
  const std::string whole = "a.py,sha256=abc,12\r\n\"b,\"\"c\"\".py\",,\nd/RECORD,,\n";
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const auto record = parse_record(std::string_view(whole).substr(0, length));
    if (!record) CHECK(record.error().position <= length);
  }
}

TEST_CASE("a path that stands twice is given twice, in the file's order") {
  const auto record = parse_record("z,,1\na,,2\nz,,3\n");
  REQUIRE(record);
  REQUIRE(record->size() == 3);
  CHECK((*record)[2].path == "z");
  CHECK((*record)[2].size == 3);
}
