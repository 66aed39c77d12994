#pragma once
#include <curl/curl.h>

#include <string>

#include "http/message.h"
#include "http/url.h"

namespace http {

/// Whether a retry may succeed after this failure. Never true for a TLS or certificate error.
bool is_transient(CURLcode code);
/// Whether the request cannot have reached the server.
bool is_unsent(CURLcode code);

/// The failure with a readable reason. `detail`: libcurl's error buffer, may be empty. `url` has no
/// credentials.
Failure describe_fault(CURLcode code, const std::string& detail, const Url& url, const Settings& settings);

}  // namespace http
