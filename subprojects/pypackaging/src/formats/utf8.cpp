#include <cstdint>
#include <cstring>

#include "text.h"

namespace pypackaging::text {
namespace {

struct Sequence {
  std::size_t length;  ///< of the character, or of its longest valid prefix
  bool is_valid;
};

/// Unicode standard, table 3-7: the range of the second byte excludes overlong forms, surrogates and values
/// beyond U+10FFFF.
Sequence sequence_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) return {1, true};
  if (first < 0xC2 || first > 0xF4) return {1, false};
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  const unsigned char lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned char highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t i = 1; i < length; ++i) {
    if (at + i >= text.size()) return {i, false};
    const unsigned char low = i == 1 ? lowest : 0x80, high = i == 1 ? highest : 0xBF;
    if (byte(at + i) < low || byte(at + i) > high) return {i, false};
  }
  return {length, true};
}

/// The number of consecutive ASCII bytes from `at` on.
std::size_t ascii_run(std::string_view text, std::size_t at) {
  const std::size_t begin = at;
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & 0x8080808080808080U) != 0) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at - begin;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t at = ascii_run(text, 0); at < text.size(); at += ascii_run(text, at)) {
    const Sequence sequence = sequence_at(text, at);
    if (!sequence.is_valid) return false;
    at += sequence.length;
  }
  return true;
}

std::string to_utf8(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const Sequence sequence = sequence_at(text, at);
    result += sequence.is_valid ? text.substr(at, sequence.length) : "\xEF\xBF\xBD";
    at += sequence.length;
  }
  return result;
}

}  // namespace pypackaging::text
