#pragma once
#include <memory>
#include <mutex>

#include "python/network/http.h"

namespace envstore {

/// Creates the HTTP client at the first request. After `close` every request fails.
class LazyHttp final : public HttpClient {
 public:
  /// `as_variables_say`: where no settings are read.
  enum class Keyring { as_variables_say, asked, not_asked };
  explicit LazyHttp(Keyring keyring = Keyring::as_variables_say) : keyring_(keyring) {}
  std::future<HttpResponse> start(HttpRequest request) override;
  void close();

 private:
  const Keyring keyring_;
  std::mutex mutex_;  ///< protects client_ and is_closed_
  std::unique_ptr<HttpClient> client_;
  bool is_closed_ = false;
};

}  // namespace envstore
