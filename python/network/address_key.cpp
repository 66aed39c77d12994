#include <optional>

#include "python/network/url.h"
#include "store/platform/digest.h"

// Apart from url.cpp: what the warm program and the network module link needs no SHA-256.

namespace envstore {

std::string address_key(const std::string& url) {
  constexpr std::size_t kDigits = 16;
  const std::string shown = without_credentials(url);
  if (shown == url) return url;
  const std::optional<Url> parsed = Url::parse(url);
  std::string who =
      parsed && parsed->userinfo ? parsed->userinfo->substr(0, parsed->userinfo->find(':')) : "";
  // The query's secrets are what without_credentials took out of it.
  if (parsed && parsed->query && !shown.ends_with(*parsed->query)) who += "?" + *parsed->query;
  if (who.empty()) return shown;
  return shown + " by " + to_hex(sha256(as_bytes(who))).substr(0, kDigits);
}

}  // namespace envstore
