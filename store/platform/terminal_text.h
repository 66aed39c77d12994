#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace envstore {

/// Length of the well-formed UTF-8 sequence at the start of `text` (Unicode, table 3-7), 0 if there is none.
/// `text` is not empty.
std::size_t utf8_length(std::string_view text);

/// True if the sequence is a control character (C0, DEL, C1) or changes the direction or the lines of the
/// text around it. Such sequences from files or server responses must not reach a terminal.
bool steers_terminal(std::string_view sequence);

/// Untrusted text as part of one line: sequences for which steers_terminal is true and bytes that are not
/// UTF-8 become `\xNN`. Cut after about `most` bytes.
std::string terminal_line(std::string_view text, std::size_t most = 200);

/// A whole message: like terminal_line, but line feeds and tabs stay, credentials are removed from URLs, and
/// very long text is cut.
std::string terminal_text(std::string_view text);

/// Results of any length, for standard output: like terminal_text, but never cut. Text that begins with `{`
/// or `[` is taken for JSON and stays valid JSON: its escapes are `\uNNNN`.
std::string terminal_results(std::string_view text);

/// The text without the `user:password@` of its URLs, and without the values of query parameters whose names
/// mark them as secrets (`token`, `X-Amz-Signature`, ...).
std::string without_secrets(std::string_view text);

}  // namespace envstore
