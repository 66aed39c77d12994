#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace envstore {

/// The Unicode encodings that a byte order mark identifies (The Unicode Standard, 23.8).
enum class Unicode { utf8, utf16_le, utf16_be, utf32_le, utf32_be };
struct ByteOrderMark {
  Unicode encoding = Unicode::utf8;
  std::size_t size = 0;  ///< of the mark
};
std::optional<ByteOrderMark> byte_order_mark(std::string_view bytes);

/// A text file's bytes as UTF-8 without its byte order mark: UTF-8, or UTF-16 or UTF-32 with a mark. Throws
/// Error{invalid_input} with `path` and the line of a sequence that cannot be decoded, or of a NUL.
std::string decode_text(std::string bytes, const std::string& path);

/// The encoding that a comment in the first two lines declares (PEP 263), in lower case with dashes; empty:
/// none.
std::string declared_encoding(std::string_view bytes);

/// decode_text for a file that declares its encoding as Python sources do: without a byte order mark, the
/// declared encoding applies. UTF-8, ASCII, Latin-1, Latin-9 and Windows-1252 are known; another encoding is
/// an error only if the text has bytes beyond ASCII. `first_line`: the number in the file of the first line
/// of `bytes`, for messages; `encoding`: as declared.
std::string decode_declared_text(std::string bytes, std::string_view encoding, const std::string& path,
                                 std::size_t first_line = 1);

}  // namespace envstore
