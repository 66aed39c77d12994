#pragma once
#include <functional>
#include <optional>
#include <string>

#include "python/network/http.h"

namespace envstore {

/// Reads a variable; nullopt: not set.
using Variables = std::function<std::optional<std::string>(const std::string& name)>;

/// Certificates, netrc, time limits and user agent from the usual variables: SSL_CERT_FILE, CURL_CA_BUNDLE,
/// REQUESTS_CA_BUNDLE, PIP_CERT (the first that is set names the bundle), SSL_CERT_DIR, NETRC,
/// UV_HTTP_TIMEOUT and PIP_DEFAULT_TIMEOUT (seconds). Without a bundle the system's hashed directory is used
/// where there is one: libcurl reads a bundle whole, of the directory only what it needs.
HttpSettings http_settings(const Variables& variables);

}  // namespace envstore
