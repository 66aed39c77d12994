#pragma once
#include <cstddef>
#include <optional>
#include <string>

namespace envstore {

/// The content of a file that the user named or owns: links are followed, pipes are read to their end.
/// nullopt: there is no such file. Throws Error{io, permission, invalid_input (larger than `limit`)}.
std::optional<std::string> read_user_file(const std::string& path, std::size_t limit);

/// The same for a text file, as UTF-8 without a byte order mark: see decode_text.
std::optional<std::string> read_user_text(const std::string& path, std::size_t limit);

/// The same from an open descriptor; `name` is for messages.
std::string read_to_end(int fd, std::size_t limit, const std::string& name);

}  // namespace envstore
