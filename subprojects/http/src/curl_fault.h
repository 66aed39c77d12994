#pragma once
#include <curl/curl.h>

#include <string>

#include "python/network/http.h"
#include "python/network/url.h"
#include "store/platform/error.h"

namespace envstore {

/// Whether a retry may succeed after this failure. Never true for a TLS or certificate error.
bool is_transient(CURLcode code);

/// The failure as an Error{network} with a readable reason and a hint. `detail`: libcurl's error buffer, may
/// be empty. `url` has no credentials.
Error describe_fault(CURLcode code, const std::string& detail, const Url& url, const HttpSettings& settings);

}  // namespace envstore
