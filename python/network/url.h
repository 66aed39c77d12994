#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "http/url.h"

namespace envstore {

using http::percent_decode;
using http::percent_encode_path;
using http::resolve_url;
using http::Url;

/// The local path of a file URL (host empty or localhost) or of an absolute path; nullopt: anything else.
std::optional<std::string> local_path(std::string_view url_or_path);
std::string file_url(std::string_view absolute_path);

/// Whether the text, which could be taken for a path, is an address without its scheme
/// (`//user:password@host`, `user@host:80`). A message that shows it as a path would reveal the password.
bool lacks_scheme(std::string_view written);
/// Whether a package index or find-links location is an address, not a path.
bool is_index_address(std::string_view written);
/// The address with spaces encoded. Throws Error{invalid_input} if it is not a valid http, https or file URL;
/// the message omits the address because it may hold a password.
std::string checked_index_address(std::string_view written);

/// The URL without user, password and the secrets of its query (see without_secrets), even if the URL is
/// malformed.
std::string without_credentials(const std::string& url);
/// The key of the URL on disk: without_credentials plus a digest of the user name and of the secret query
/// parameters, so that data of different users stay separate. A changed password does not change the key.
std::string address_key(const std::string& url);

}  // namespace envstore
