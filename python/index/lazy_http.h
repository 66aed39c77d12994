#pragma once
#include <memory>
#include <mutex>

#include "python/network/http.h"

namespace envstore {

/// The HTTP client, made at the first request. After `close` every request fails.
class LazyHttp final : public HttpClient {
 public:
  std::future<HttpResponse> start(HttpRequest request) override;
  void close();

 private:
  std::mutex mutex_;  ///< protects both
  std::unique_ptr<HttpClient> client_;
  bool is_closed_ = false;
};

}  // namespace envstore
