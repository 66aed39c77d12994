#pragma once
#include "python/network/http.h"

namespace envstore {

inline constexpr const char* kNetworkModule = "envstore-network.so";
/// Change the number whenever http.h changes, so that a module of another build is not called.
inline constexpr const char* kNetworkEntry = "envstore_make_http_client_3";
using MakeHttpClient = HttpClient* (*)(const HttpSettings& settings);

}  // namespace envstore
