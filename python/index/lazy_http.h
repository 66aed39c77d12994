#pragma once
#include <memory>
#include <mutex>

#include "python/index/http_settings.h"
#include "python/network/http.h"

namespace envstore {

/// Creates the HTTP client at the first request. After `close` every request fails.
class LazyHttp final : public HttpClient {
 public:
  /// `as_variables_say`: where no settings are read.
  enum class Keyring { as_variables_say, asked, not_asked };
  explicit LazyHttp(Keyring keyring = Keyring::as_variables_say, TransferSettings transfers = {})
      : keyring_(keyring), transfers_(std::move(transfers)) {}
  std::future<HttpResponse> start(HttpRequest request) override;
  void close();

 private:
  const Keyring keyring_;
  const TransferSettings transfers_;
  std::mutex mutex_;  ///< protects client_ and is_closed_
  std::unique_ptr<HttpClient> client_;
  bool is_closed_ = false;
};

}  // namespace envstore
