#pragma once
#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "python/network/http.h"

namespace envstore {

/// Reads a variable; nullopt: not set.
using Variables = std::function<std::optional<std::string>(const std::string& name)>;

/// What settings say of transfers, beyond the variables that many programs read.
struct TransferSettings {
  std::vector<std::string> insecure_hosts;  ///< http::Settings
  std::string http_proxy, https_proxy;
  std::vector<std::string> no_proxy;
  std::string certificates, client_certificate;  ///< PEM files
  bool operator==(const TransferSettings&) const = default;
};

/// The seconds of a time limit; nullopt: not a number from 1 to 86400.
inline std::optional<int> parse_timeout_seconds(std::string_view text) {
  constexpr int kDay = 86400;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0 || value > kDay)
    return std::nullopt;
  return value;
}

/// As parse_timeout_seconds, for PIP_DEFAULT_TIMEOUT: a fraction is dropped, and less than a second is one.
inline std::optional<int> parse_fractional_timeout(std::string_view text) {
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point), fraction = text.substr(point);
  if (fraction.find_first_not_of("0123456789", 1) != std::string_view::npos) return std::nullopt;
  if (whole == "0" && fraction.find_first_not_of(".0") != std::string_view::npos) return 1;
  return parse_timeout_seconds(whole);
}

/// Certificates, netrc, keyring, time limits and user agent from the usual variables: SSL_CERT_FILE,
/// CURL_CA_BUNDLE, REQUESTS_CA_BUNDLE, PIP_CERT (the first that is set names the bundle), SSL_CERT_DIR,
/// SSL_CLIENT_CERT, NETRC, {ENVSTORE,UV,PIP}_KEYRING_PROVIDER (the first that is set decides),
/// UV_HTTP_TIMEOUT, ENVSTORE_HTTP_TIMEOUT and PIP_DEFAULT_TIMEOUT (seconds). Without a bundle, uses the
/// system's hashed directory if it exists: libcurl reads a bundle completely, but from the directory only the
/// certificates it needs. Throws Error{usage} for a time limit that is none.
HttpSettings http_settings(const Variables& variables, const TransferSettings& transfers = {});

}  // namespace envstore
