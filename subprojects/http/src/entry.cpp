#include "python/network/module.h"

#include "python/network/curl_client.h"
#include "python/network/failure.h"

/// The only exported function.
extern "C" __attribute__((visibility("default"))) envstore::TransferEngine* envstore_make_transfer_engine_4(
    const envstore::HttpSettings& settings, envstore::HttpFailure& failure) noexcept {
  try {
    return new envstore::CurlClient(settings);
  } catch (...) {
    failure = envstore::current_failure();
    return nullptr;
  }
}
