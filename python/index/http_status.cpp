#include "python/index/http_status.h"

#include "python/index/index_client.h"
#include "python/network/url.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

std::string origin_of(const std::string& url) {
  const auto parsed = Url::parse(url);
  return parsed ? parsed->origin() : without_credentials(url);
}

std::string status_reason(int status) {
  switch (status) {
    case 403:
      return "the server refuses access (403)";
    case 404:
    case 410:
      return "it is not there (" + std::to_string(status) + ")";
    case 407:
      return "the proxy requires credentials (407)";
    case 429:
      return "the server limits the number of requests (429)";
    default:
      break;
  }
  if (status >= 500) return "the server has a fault (" + std::to_string(status) + ")";
  return "the server answered with status " + std::to_string(status);
}

std::string status_hint(int status) {
  if (status == 403) return "check the address, and whether your credentials may read it";
  if (status == 407) return "put user and password into the proxy's address";
  if (status == 429 || status >= 500) return "try again later; --offline uses what is cached";
  return {};
}

}  // namespace

bool is_success(const HttpResponse& response) {
  return response.status >= 200 && response.status < 300;
}

bool is_not_found(const HttpResponse& response) {
  return response.status == 404 || response.status == 410;
}

void throw_for_status(const HttpResponse& response, const std::string& url) {
  const std::string what = "cannot fetch '" + display_url(url) + "': ";
  if (response.status == 401)
    throw Error(ErrorKind::permission,
                what + origin_of(response.effective_url.empty() ? url : response.effective_url) +
                    " requires credentials, or refuses those it was given (401)",
                "put them into the index's address (https://USER:PASSWORD@HOST/...), into ~/.netrc, or set "
                "UV_KEYRING_PROVIDER=subprocess");
  throw Error(is_not_found(response) ? ErrorKind::not_found : ErrorKind::network,
              what + status_reason(response.status), status_hint(response.status));
}

}  // namespace envstore
