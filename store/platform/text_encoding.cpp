#include "store/platform/text_encoding.h"

#include <algorithm>
#include <array>

#include "store/platform/error.h"
#include "store/platform/format.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

constexpr std::string_view kHowToSave = "save the file as UTF-8";

unsigned char byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

[[noreturn]] void fail(const std::string& path, std::size_t line, const std::string& reason) {
  throw Error(ErrorKind::invalid_input, format_text("cannot read '{}': line {}: {}", path, line, reason),
              std::string(kHowToSave));
}

std::size_t lines_in(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

void append_utf8(std::string& out, char32_t c) {
  const auto put = [&](char32_t bits) { out += static_cast<char>(static_cast<unsigned char>(bits)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xc0 | c >> 6);
  } else {
    if (c < 0x10000) {
      put(0xe0 | c >> 12);
    } else {
      put(0xf0 | c >> 18);
      put(0x80 | (c >> 12 & 0x3f));
    }
    put(0x80 | (c >> 6 & 0x3f));
  }
  put(0x80 | (c & 0x3f));
}

bool is_surrogate(char32_t c) {
  return c >= 0xd800 && c < 0xe000;
}

/// Length of the well-formed sequence at `at` (The Unicode Standard, table 3-7), 0 if there is none.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const unsigned char lead = byte_at(text, at);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() - at < length) return 0;
  const unsigned char lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned char highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte_at(text, at + 1) < lowest || byte_at(text, at + 1) > highest) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if (byte_at(text, at + i) < 0x80 || byte_at(text, at + i) > 0xbf) return 0;
  return length;
}

void check_utf8(std::string_view text, const std::string& path, std::size_t first_line) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    const std::size_t line =
        first_line + (length == 0 || text[at] == '\0' ? lines_in(text.substr(0, at)) : 0);
    if (length == 0) fail(path, line, format_text("the byte 0x{:02x} is not UTF-8", byte_at(text, at)));
    if (text[at] == '\0')
      fail(path, line, "it holds a NUL: it is no text, or UTF-16 without a byte order mark");
    at += length;
  }
}

/// UTF-16 and UTF-32 are sequences of units of 2 or 4 bytes.
class UnitReader {
 public:
  UnitReader(std::string_view bytes, Unicode encoding, const std::string& path)
      : bytes_(bytes),
        path_(path),
        size_(encoding == Unicode::utf32_le || encoding == Unicode::utf32_be ? 4 : 2),
        is_big_endian_(encoding == Unicode::utf16_be || encoding == Unicode::utf32_be) {}

  std::string read() {
    while (at_ < bytes_.size()) {
      char32_t c = next_unit();
      if (size_ == 2 && c >= 0xd800 && c < 0xdc00 && at_ < bytes_.size()) {
        const char32_t low = next_unit();
        if (low < 0xdc00 || low >= 0xe000) refuse();
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
      }
      if (is_surrogate(c) || c > 0x10ffff || c == 0) refuse();
      append_utf8(text_, c);
    }
    return std::move(text_);
  }

 private:
  char32_t next_unit() {
    if (bytes_.size() - at_ < size_) refuse();
    char32_t unit = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      const std::size_t shift = 8 * (is_big_endian_ ? size_ - 1 - i : i);
      unit |= static_cast<char32_t>(byte_at(bytes_, at_ + i)) << shift;
    }
    at_ += size_;
    return unit;
  }

  [[noreturn]] void refuse() const {
    fail(path_, 1 + lines_in(text_), size_ == 2 ? "it is not UTF-16" : "it is not UTF-32");
  }

  std::string_view bytes_;
  const std::string& path_;
  const std::size_t size_;
  const bool is_big_endian_;
  std::size_t at_ = 0;
  std::string text_;
};

/// Windows-1252 from 0x80 to 0x9f; 0: not assigned.
constexpr std::array<char16_t, 32> kWindows1252 = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

enum class Latin { latin1, latin9, windows1252 };

std::optional<Latin> find_latin(std::string_view encoding) {
  constexpr std::pair<std::string_view, Latin> kNames[] = {
      {"latin-1", Latin::latin1},     {"latin1", Latin::latin1},
      {"l1", Latin::latin1},          {"iso-8859-1", Latin::latin1},
      {"iso8859-1", Latin::latin1},   {"8859", Latin::latin1},
      {"cp819", Latin::latin1},       {"iso-8859-15", Latin::latin9},
      {"iso8859-15", Latin::latin9},  {"latin-9", Latin::latin9},
      {"latin9", Latin::latin9},      {"l9", Latin::latin9},
      {"cp1252", Latin::windows1252}, {"windows-1252", Latin::windows1252},
      {"1252", Latin::windows1252}};
  for (const auto& [name, latin] : kNames)
    if (name == encoding) return latin;
  return std::nullopt;
}

char32_t from_latin9(unsigned char byte) {
  constexpr std::pair<unsigned char, char32_t> kDifferences[] = {
      {0xa4, 0x20ac}, {0xa6, 0x0160}, {0xa8, 0x0161}, {0xb4, 0x017d},
      {0xb8, 0x017e}, {0xbc, 0x0152}, {0xbd, 0x0153}, {0xbe, 0x0178}};
  for (const auto& [at, character] : kDifferences)
    if (at == byte) return character;
  return byte;
}

std::string from_latin(std::string_view bytes, Latin latin, const std::string& path, std::size_t first_line) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const unsigned char byte = byte_at(bytes, at);
    char32_t c = latin == Latin::latin9 ? from_latin9(byte) : byte;
    if (latin == Latin::windows1252 && byte >= 0x80 && byte < 0xa0) c = kWindows1252[byte - 0x80];
    if (c == 0)
      fail(path, first_line + lines_in(text), format_text("the byte 0x{:02x} means nothing there", byte));
    append_utf8(text, c);
  }
  return text;
}

bool is_cookie_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.';
}

/// `^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)`
std::string encoding_in(std::string_view line) {
  const std::size_t hash = line.find_first_not_of(" \t\f");
  if (hash == std::string_view::npos || line[hash] != '#') return {};
  constexpr std::string_view kWord = "coding";
  for (std::size_t at = line.find(kWord, hash); at != std::string_view::npos; at = line.find(kWord, at + 1)) {
    std::size_t begin = at + kWord.size();
    if (begin >= line.size() || (line[begin] != ':' && line[begin] != '=')) continue;
    begin = line.find_first_not_of(" \t", begin + 1);
    if (begin == std::string_view::npos) continue;
    std::size_t end = begin;
    while (end < line.size() && is_cookie_character(line[end])) ++end;
    if (end == begin) continue;
    std::string name = to_lower(line.substr(begin, end - begin));
    std::replace(name.begin(), name.end(), '_', '-');
    return name;
  }
  return {};
}

bool is_utf8_name(std::string_view encoding) {
  return encoding.empty() || encoding == "utf8" || encoding.starts_with("utf-8") || encoding == "ascii" ||
         encoding == "us-ascii";
}

}  // namespace

std::optional<ByteOrderMark> byte_order_mark(std::string_view bytes) {
  using namespace std::string_view_literals;
  // UTF-32's little-endian mark begins with UTF-16's.
  constexpr std::pair<std::string_view, Unicode> kMarks[] = {{"\xff\xfe\0\0"sv, Unicode::utf32_le},
                                                             {"\0\0\xfe\xff"sv, Unicode::utf32_be},
                                                             {"\xef\xbb\xbf"sv, Unicode::utf8},
                                                             {"\xff\xfe"sv, Unicode::utf16_le},
                                                             {"\xfe\xff"sv, Unicode::utf16_be}};
  for (const auto& [mark, encoding] : kMarks)
    if (bytes.starts_with(mark)) return ByteOrderMark{encoding, mark.size()};
  return std::nullopt;
}

std::string decode_text(std::string bytes, const std::string& path) {
  const auto mark = byte_order_mark(bytes);
  if (mark && mark->encoding != Unicode::utf8)
    return UnitReader(std::string_view(bytes).substr(mark->size), mark->encoding, path).read();
  if (mark) bytes.erase(0, mark->size);
  check_utf8(bytes, path, 1);
  return bytes;
}

std::string declared_encoding(std::string_view bytes) {
  for (int line = 0; line < 2; ++line) {
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view text = bytes.substr(0, end);
    if (std::string name = encoding_in(text); !name.empty()) return name;
    // Code in the first line ends the search.
    if (end == std::string_view::npos || !trimmed(text.substr(0, text.find('#'))).empty()) return {};
    bytes.remove_prefix(end + (bytes.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  return {};
}

std::string decode_declared_text(std::string bytes, std::string_view encoding, const std::string& path,
                                 std::size_t first_line) {
  if (first_line == 1 && byte_order_mark(bytes)) return decode_text(std::move(bytes), path);
  const auto is_beyond_ascii = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  const auto beyond = std::find_if(bytes.begin(), bytes.end(), is_beyond_ascii);
  if (beyond == bytes.end() || is_utf8_name(encoding)) {
    check_utf8(bytes, path, first_line);
    return bytes;
  }
  if (const auto latin = find_latin(encoding)) return from_latin(bytes, *latin, path, first_line);
  const auto before = static_cast<std::size_t>(beyond - bytes.begin());
  fail(path, first_line + lines_in(std::string_view(bytes).substr(0, before)),
       format_text("the encoding '{}' is not known here", encoding));
}

}  // namespace envstore
