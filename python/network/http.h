#pragma once
#include <memory>

#include "http/client.h"
#include "http/message.h"

namespace envstore {

using http::ByteRange;
using http::Credentials;
using HttpRequest = http::Request;
using HttpResponse = http::Response;
using HttpSettings = http::Settings;

/// A failed transfer (DNS, TLS, connection refused, truncated, redirect loop, too large) is an Error{network}
/// with a hint in the future; a file that cannot be written is an Error of that fault's kind.
using HttpClient = http::Client;

/// Loads the network module (envstore-network.so, found through the program's RUNPATH) at the first call and
/// makes a client. Throws Error{unsupported} when the module cannot be loaded.
std::unique_ptr<HttpClient> make_http_client(const HttpSettings& settings);

}  // namespace envstore
