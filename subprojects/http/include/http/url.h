#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace envstore {

/// An absolute URL, split into its parts (RFC 3986). The parts stay percent-encoded as written; scheme and
/// host are in lower case.
struct Url {
  std::string scheme;
  std::optional<std::string> userinfo;
  std::string host;  ///< an IPv6 address keeps its brackets
  std::string port;  ///< digits, or empty
  std::string path;
  std::optional<std::string> query;
  std::optional<std::string> fragment;

  /// nullopt: no scheme, a control character or a space, an invalid authority or port, or http(s) without a
  /// host.
  static std::optional<Url> parse(std::string_view text);
  std::string text() const;  ///< complete, credentials included
  /// `scheme://host:port`, always with the port: the scope of credentials.
  std::string origin() const;
  bool is_http() const { return scheme == "http" || scheme == "https"; }
  bool is_file() const { return scheme == "file"; }
  bool operator==(const Url&) const = default;
};

/// RFC 3986 section 5.2. Credentials of the base are dropped. nullopt: the result is not a valid URL.
std::optional<Url> resolve_url(const Url& base, std::string_view reference);

std::string percent_decode(std::string_view text);  ///< a `%` that does not start an escape is kept
std::string percent_encode_path(std::string_view path);

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
