#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "http/message.h"
#include "http/url.h"

namespace http {

/// Credentials by the origin (scheme, host, port) for which they were given; they are sent to no other
/// origin. Not thread-safe.
class OriginCredentials {
 public:
  using Ask = std::function<std::optional<Credentials>(const std::string& origin)>;
  explicit OriginCredentials(Ask ask) : ask_(std::move(ask)) {}

  /// Takes credentials out of the URL and remembers them for its origin.
  void take_from(Url& url);
  /// Credentials for a URL that contains none. If its origin has several, those with the longest shared path
  /// prefix.
  std::optional<Credentials> find(const Url& url) const;
  /// Called after a 401 to a request without credentials. Calls `Ask` at most once per origin. True: `find`
  /// returns credentials now.
  bool ask(const Url& url);

 private:
  struct Entry {
    std::string path;  ///< common path prefix of all URLs that had these credentials
    Credentials credentials;
  };
  Ask ask_;
  std::map<std::string, std::vector<Entry>> by_origin_;
  std::set<std::string> asked_;
};

}  // namespace http
