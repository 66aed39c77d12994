#include "python/index/page_cache.h"
#include "store/platform/text.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace envstore {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kUsual = 600 * kSecond;
constexpr std::int64_t kLongest = 7 * 24 * 3600 * kSecond;
constexpr std::size_t kLongestValidator = 1024;
constexpr std::string_view kLastModified = "Last-Modified: ";

std::string header(const std::map<std::string, std::string>& headers, const char* name) {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

std::optional<std::int64_t> seconds(std::string_view text) {
  if (text.starts_with('"')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return kLongest / kSecond;
  if (error != std::errc() || value < 0) return std::nullopt;
  return std::min(value, kLongest / kSecond);
}

std::string_view next_directive(std::string_view& text) {
  const std::size_t end = std::min(text.find(','), text.size());
  std::string_view directive = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  while (directive.starts_with(' ')) directive.remove_prefix(1);
  while (directive.ends_with(' ')) directive.remove_suffix(1);
  return directive;
}

}  // namespace

Freshness freshness_of(const std::map<std::string, std::string>& headers) {
  const std::string control = to_lower(header(headers, "cache-control"));
  Freshness result{true, kUsual};
  bool must_ask = false;
  for (std::string_view left = control; !left.empty();) {
    const std::string_view directive = next_directive(left);
    if (directive == "no-store") result.may_store = false;
    if (directive == "no-cache") must_ask = true;
    if (directive.starts_with("max-age="))
      if (const auto age = seconds(directive.substr(8))) result.lifetime_ns = *age * kSecond;
  }
  if (must_ask || !result.may_store) result.lifetime_ns = 0;
  if (const auto age = seconds(header(headers, "age")))
    result.lifetime_ns = std::max<std::int64_t>(0, result.lifetime_ns - *age * kSecond);
  return result;
}

std::optional<std::pair<std::string, std::string>> CachedDocument::conditional_header() const {
  if (validator.empty()) return std::nullopt;
  if (validator.starts_with(kLastModified))
    return std::pair<std::string, std::string>{"If-Modified-Since", validator.substr(kLastModified.size())};
  return std::pair<std::string, std::string>{"If-None-Match", validator};
}

std::int64_t DocumentCache::now_ns() const {
  return store_.clock().now().time_since_epoch().count();
}

CachedDocument DocumentCache::document_of(DocumentRow row) const {
  CachedDocument document;
  document.body = std::move(row.body);
  document.validator = std::move(row.etag);
  // If the clock was set back, a row may be from the future: revalidate it.
  document.is_fresh = row.fetched_at_ns <= now_ns() && now_ns() < row.fresh_until_ns;
  return document;
}

std::optional<CachedDocument> DocumentCache::load(const std::string& key) {
  std::optional<DocumentRow> row = store_.index().read().document(key);
  if (!row) return std::nullopt;
  return document_of(std::move(*row));
}

std::optional<CachedDocument> DocumentCache::load_head(const std::string& key, std::size_t body_size) {
  std::optional<DocumentRow> row = store_.index().read().document_head(key, body_size);
  if (!row) return std::nullopt;
  return document_of(std::move(*row));
}

void DocumentCache::save(const std::string& key, std::string body, const HttpResponse& response) {
  const Freshness freshness = freshness_of(response.headers);
  if (!freshness.may_store) return forget(key);
  DocumentRow row;
  row.etag = header(response.headers, "etag");
  if (row.etag.size() > kLongestValidator) row.etag.clear();
  if (const std::string modified = header(response.headers, "last-modified");
      row.etag.empty() && !modified.empty() && modified.size() <= kLongestValidator)
    row.etag = std::string(kLastModified) + modified;
  row.fetched_at_ns = now_ns();
  row.fresh_until_ns = row.fetched_at_ns + freshness.lifetime_ns;
  row.body = std::move(body);
  put(key, row);
}

void DocumentCache::save_forever(const std::string& key, std::string body) {
  DocumentRow row;
  row.fetched_at_ns = now_ns();
  row.fresh_until_ns = std::numeric_limits<std::int64_t>::max();
  row.body = std::move(body);
  put(key, row);
}

void DocumentCache::forget(const std::string& key) {
  if (store_.is_read_only() || !store_.index().read().document(key)) return;
  Index::Write write = store_.index().write();
  write.erase_document(key);
  write.commit();
}

void DocumentCache::put(const std::string& key, const DocumentRow& row) {
  if (store_.is_read_only()) return;
  Index::Write write = store_.index().write();
  write.put_document(key, row);
  write.commit();
}

}  // namespace envstore
