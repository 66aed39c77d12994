#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace envstore {

/// An absolute URL in its parts (RFC 3986). The parts are as written, percent-encoded; scheme and host in
/// lower case.
struct Url {
  std::string scheme;
  std::optional<std::string> userinfo;
  std::string host;  ///< an IPv6 address keeps its brackets
  std::string port;  ///< digits, or empty
  std::string path;
  std::optional<std::string> query;
  std::optional<std::string> fragment;

  /// nullopt: no scheme, a control character or a space, a port that is none, or http(s) without a host.
  static std::optional<Url> parse(std::string_view text);
  std::string text() const;  ///< with everything, credentials too
  /// `scheme://host:port` with the port always there: what credentials belong to.
  std::string origin() const;
  bool is_http() const { return scheme == "http" || scheme == "https"; }
  bool is_file() const { return scheme == "file"; }
  bool operator==(const Url&) const = default;
};

/// RFC 3986 section 5.2. Credentials of the base are not handed on. nullopt: the result is no URL.
std::optional<Url> resolve_url(const Url& base, std::string_view reference);

std::string percent_decode(std::string_view text);  ///< a `%` that starts no escape is kept
std::string percent_encode_path(std::string_view path);

/// The local path of a file URL (host empty or localhost), or of an absolute path; nullopt: it is neither.
std::optional<std::string> local_path(std::string_view url_or_path);
std::string file_url(std::string_view absolute_path);

/// Whether what could be a path is an address that only lacks its scheme (`//user:password@host`,
/// `user@host:80`): shown as a path, its password would be shown.
bool lacks_scheme(std::string_view written);
/// Whether an index or a find-links place is an address, not a path.
bool is_index_address(std::string_view written);
/// The address with its blanks encoded. Throws Error{invalid_input} that does not show what it cannot read.
std::string checked_index_address(std::string_view written);

/// The URL without user and password, whatever else is wrong with it, and without the secrets of its query:
/// without_secrets.
std::string without_credentials(const std::string& url);
/// What stands for the URL on disk: without_credentials, and a digest of the user's name and of the secret
/// parameters, so that what two users see does not mix. A password that changes changes nothing.
std::string address_key(const std::string& url);

}  // namespace envstore
