#pragma once
#include <curl/curl.h>

#include <string>

#include "python/network/http.h"
#include "python/network/url.h"
#include "store/platform/error.h"

namespace envstore {

/// Whether a transfer that failed so may succeed when it is tried again: never a TLS or certificate fault.
bool is_transient(CURLcode code);

/// Error{network} that a person understands. `detail`: libcurl's error buffer, may be empty. `url` has no
/// credentials.
Error describe_fault(CURLcode code, const std::string& detail, const Url& url, const HttpSettings& settings);

}  // namespace envstore
