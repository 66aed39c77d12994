#pragma once
#include <string>
#include <string_view>

namespace pypackaging {

/// Quotes untrusted text for a message: in single quotes, control characters as `\x1b`, cut after about a
/// hundred bytes. Messages reach terminals, and a hostile index may send a megabyte or an escape sequence.
std::string quote(std::string_view text);

}  // namespace pypackaging
