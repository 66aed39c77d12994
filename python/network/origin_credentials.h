#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "python/network/http.h"
#include "python/network/url.h"

namespace envstore {

/// Who may be told which password: credentials by the origin (scheme, host, port) that they were given for.
/// One thread.
class OriginCredentials {
 public:
  using Ask = std::function<std::optional<Credentials>(const std::string& origin)>;
  explicit OriginCredentials(Ask ask) : ask_(std::move(ask)) {}

  /// Takes credentials out of the URL and remembers them for its origin.
  void take_from(Url& url);
  /// What is known for a URL without credentials: of several for its origin those whose path shares most with
  /// it.
  std::optional<Credentials> find(const Url& url) const;
  /// After a 401 that answered a request without credentials: asks, once an origin. True: `find` has an
  /// answer now.
  bool ask(const Url& url);

 private:
  struct Entry {
    std::string path;  ///< what all URLs that came with them had in common
    Credentials credentials;
  };
  Ask ask_;
  std::map<std::string, std::vector<Entry>> by_origin_;
  std::set<std::string> asked_;
};

}  // namespace envstore
