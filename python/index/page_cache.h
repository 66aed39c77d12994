#pragma once
#include <optional>
#include <string>

#include "python/index/simple_page.h"
#include "python/network/http.h"
#include "store/index/store.h"

namespace envstore {

/// How long a response may be used without revalidation (RFC 9111), from its headers.
struct Freshness {
  bool may_store = true;
  std::int64_t lifetime_ns = 0;
};
/// max-age minus Age; zero with no-store or no-cache; without any of these ten minutes minus Age, as in pip
/// and uv.
Freshness freshness_of(const std::map<std::string, std::string>& headers);

/// A cached document and the data to revalidate it.
struct CachedDocument {
  std::string body;
  std::string validator;  ///< an ETag, or `Last-Modified: ...`; empty: none
  bool is_fresh = false;
  /// The header for a conditional request: If-None-Match or If-Modified-Since; nullopt: no validator.
  std::optional<std::pair<std::string, std::string>> conditional_header() const;
};

/// Documents with their age in the store's index. Does not write to a read-only store. Thread-safe.
class DocumentCache {
 public:
  explicit DocumentCache(StoreWriter& store) : store_(store) {}
  std::optional<CachedDocument> load(const std::string& key);
  /// As `load`, with at most `body_size` bytes of the body.
  std::optional<CachedDocument> load_head(const std::string& key, std::size_t body_size);
  /// `response`: a 200 or 304; its headers give the lifetime and the validator.
  void save(const std::string& key, std::string body, const HttpResponse& response);
  void save_forever(const std::string& key, std::string body);
  /// Removes a document that is missing on the server or wrong.
  void forget(const std::string& key);

 private:
  std::int64_t now_ns() const;
  CachedDocument document_of(DocumentRow row) const;
  void put(const std::string& key, const DocumentRow& row);
  StoreWriter& store_;
};

}  // namespace envstore
