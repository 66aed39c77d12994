#pragma once
#include <optional>
#include <string>

#include "python/index/simple_page.h"
#include "python/network/http.h"
#include "store/index/store.h"

namespace envstore {

/// How long an answer may be used without asking again (RFC 9111), from its headers.
struct Freshness {
  bool may_store = true;
  std::int64_t lifetime_ns = 0;
};
/// max-age less the age the answer already has; without a word from the server ten minutes, as pip and uv
/// take it.
Freshness freshness_of(const std::map<std::string, std::string>& headers);

/// A cached document and how to ask whether it is still true.
struct CachedDocument {
  std::string body;
  std::string validator;  ///< an ETag, or `Last-Modified: ...`; empty: none
  bool is_fresh = false;
  /// The header that asks for news: If-None-Match or If-Modified-Since.
  std::optional<std::pair<std::string, std::string>> question() const;
};

/// Documents in the store's index with their age. Writing is left out on a read-only store. Thread-safe.
class DocumentCache {
 public:
  explicit DocumentCache(Store& store) : store_(store) {}
  std::optional<CachedDocument> load(const std::string& key);
  /// The same with at most `body_size` bytes of the body.
  std::optional<CachedDocument> load_head(const std::string& key, std::size_t body_size);
  /// `response`: a 200 or 304, whose headers say how long.
  void save(const std::string& key, std::string body, const HttpResponse& response);
  void save_forever(const std::string& key, std::string body);
  /// Forgets what turned out not to be there any more.
  void forget(const std::string& key);

 private:
  std::int64_t now_ns() const;
  CachedDocument document_of(DocumentRow row) const;
  void put(const std::string& key, const DocumentRow& row);
  Store& store_;
};

}  // namespace envstore
