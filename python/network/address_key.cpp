#include <optional>

#include "python/network/url.h"
#include "store/platform/digest.h"

// Separate from url.cpp, so that the warm program and the network module do not link SHA-256.

namespace envstore {

std::string address_key(const std::string& url) {
  constexpr std::size_t kDigits = 16;
  const std::string shown = without_credentials(url);
  if (shown == url) return url;
  const std::optional<Url> parsed = Url::parse(url);
  std::string who =
      parsed && parsed->userinfo ? parsed->userinfo->substr(0, parsed->userinfo->find(':')) : "";
  // The query is part of the key if without_credentials changed it, i.e. it holds a secret.
  if (parsed && parsed->query && !shown.ends_with(*parsed->query)) who += "?" + *parsed->query;
  if (who.empty()) return shown;
  return shown + " by " + to_hex(sha256(as_bytes(who))).substr(0, kDigits);
}

}  // namespace envstore
