#include "python/network/module.h"

#include "python/network/curl_client.h"

/// The only exported function. Exceptions may cross it: both sides are built by the same compiler.
extern "C" __attribute__((visibility("default"))) envstore::HttpClient* envstore_make_http_client_3(
    const envstore::HttpSettings& settings) {
  return new envstore::CurlClient(settings);
}
