#include "python/index/lazy_http.h"

#include "python/index/http_settings.h"
#include "python/index/keyring.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"

namespace envstore {

std::future<HttpResponse> LazyHttp::start(HttpRequest request) {
  const std::lock_guard lock(mutex_);
  if (is_closed_) throw Error(ErrorKind::network, "cannot use the network: it was given up");
  if (!client_) {
    HttpSettings settings = http_settings(find_variable, transfers_);
    if (keyring_ == Keyring::asked) settings.ask_credentials = ask_keyring;
    if (keyring_ == Keyring::not_asked) settings.ask_credentials = nullptr;
    client_ = make_http_client(settings);
  }
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
