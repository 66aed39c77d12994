#pragma once
#include "python/network/http.h"

namespace envstore {

inline constexpr const char* kNetworkModule = "envstore-network.so";
/// Changes whenever http.h does: a module of another build must not be called.
inline constexpr const char* kNetworkEntry = "envstore_make_http_client_3";
using MakeHttpClient = HttpClient* (*)(const HttpSettings& settings);

}  // namespace envstore
