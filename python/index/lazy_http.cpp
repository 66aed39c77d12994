#include "python/index/lazy_http.h"

#include "python/index/http_settings.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"

namespace envstore {

std::future<HttpResponse> LazyHttp::start(HttpRequest request) {
  const std::lock_guard lock(mutex_);
  if (is_closed_) throw Error(ErrorKind::network, "cannot use the network: it was given up");
  if (!client_) client_ = make_http_client(http_settings(find_variable));
  return client_->start(std::move(request));
}

void LazyHttp::close() {
  std::unique_ptr<HttpClient> client;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    client = std::move(client_);
  }
}

}  // namespace envstore
