#include "curl_client.h"
#include "failure.h"
#include "http/engine.h"

extern "C" __attribute__((visibility("default"))) http::Engine* http_make_engine_2(
    const http::Settings& settings, http::Failure& failure) noexcept {
  try {
    return new http::CurlClient(settings);
  } catch (...) {
    failure = http::current_failure();
    return nullptr;
  }
}
