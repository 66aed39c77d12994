#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace envstore {

/// Length of the well-formed UTF-8 sequence at the start of `text` (Unicode, table 3-7), 0 if there is none.
/// `text` is not empty.
std::size_t utf8_length(std::string_view text);

/// Whether the sequence is a control character (C0, DEL, C1) or one that changes the direction or the lines
/// of the text around it: what must not reach a terminal out of a file or an answer.
bool steers_terminal(std::string_view sequence);

/// Text from outside as part of one line: what steers a terminal and bytes that are no UTF-8 as `\xNN`, cut
/// after about `most` bytes.
std::string terminal_line(std::string_view text, std::size_t most = 200);

/// A whole message: as terminal_line, but line feeds and tabs stay, addresses lose their credentials, and
/// what is longer than anybody reads is cut.
std::string terminal_text(std::string_view text);

/// Results of any length, for standard output: as terminal_text without the cut. JSON (what begins with a
/// bracket) stays JSON: there the escapes are `\uNNNN`.
std::string terminal_results(std::string_view text);

/// The text with `user:password@` taken out of every address in it, and the values of those parameters of its
/// query that are secrets by their name (`token`, `X-Amz-Signature`, ...).
std::string without_secrets(std::string_view text);

}  // namespace envstore
