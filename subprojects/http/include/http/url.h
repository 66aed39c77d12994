#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace http {

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

}  // namespace http
