#include "origin_credentials.h"

#include <algorithm>

namespace http {
namespace {

std::size_t shared_prefix(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

Credentials read_userinfo(std::string_view userinfo) {
  const std::size_t colon = userinfo.find(':');
  Credentials credentials{percent_decode(userinfo.substr(0, colon)), {}};
  if (colon != std::string_view::npos) credentials.password = percent_decode(userinfo.substr(colon + 1));
  return credentials;
}

}  // namespace

void OriginCredentials::take_from(Url& url) {
  if (!url.userinfo) return;
  Credentials given = read_userinfo(*url.userinfo);
  url.userinfo.reset();
  if (given.user.empty() && given.password.empty()) return;
  std::vector<Entry>& entries = by_origin_[url.origin()];
  for (Entry& entry : entries)
    if (entry.credentials.user == given.user && entry.credentials.password == given.password) {
      entry.path.resize(shared_prefix(entry.path, url.path));
      return;
    }
  entries.push_back({url.path, std::move(given)});
}

std::optional<Credentials> OriginCredentials::find(const Url& url) const {
  const auto known = by_origin_.find(url.origin());
  if (known == by_origin_.end()) return std::nullopt;
  const auto nearest =
      std::max_element(known->second.begin(), known->second.end(), [&](const Entry& a, const Entry& b) {
        return shared_prefix(a.path, url.path) < shared_prefix(b.path, url.path);
      });
  return nearest->credentials;
}

bool OriginCredentials::ask(const Url& url) {
  const std::string origin = url.origin();
  if (by_origin_.contains(origin)) return true;
  if (!ask_ || !asked_.insert(origin).second) return false;
  std::optional<Credentials> answer = ask_(origin);
  if (!answer) return false;
  by_origin_[origin].push_back({"/", std::move(*answer)});
  return true;
}

}  // namespace http
