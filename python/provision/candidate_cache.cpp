#include "python/provision/candidate_cache.h"

#include <limits>

#include "store/platform/error.h"

namespace envstore {
namespace {

std::string fingerprint_of(const CandidateRules& rules) {
  std::string text = "python " + rules.python.canonical() + "\nnewest ";
  text += rules.exclude_newer_ns ? std::to_string(*rules.exclude_newer_ns) : "any";
  for (const pypackaging::Tag& tag : rules.tags.tags()) text.append("\n").append(tag.text());
  return fingerprint(as_bytes(text)).hex();
}

}  // namespace

CandidateCache::CandidateCache(Store& store, const CandidateRules& rules)
    : store_(store), rules_(rules.allowed_hashes == nullptr ? fingerprint_of(rules) : std::string()) {}

std::string CandidateCache::key_of(const std::string& normalized_name, const PageIdentity& page) const {
  return "candidates:" + rules_ + ":" + normalized_name + ":" + page.url;
}

std::optional<Candidates> CandidateCache::find(const std::string& normalized_name, const CachedPage& page) {
  if (rules_.empty()) return std::nullopt;
  auto row = store_.index().read().document(key_of(normalized_name, page.identity));
  if (!row || row->etag != page.identity.contents.hex()) return std::nullopt;
  try {
    return Candidates::decode(std::move(row->body), page.where);
  } catch (const Error&) {
    return std::nullopt;  // of another version: made anew
  }
}

void CandidateCache::add(const std::string& normalized_name, const PageIdentity& page,
                         const Candidates& candidates) {
  if (rules_.empty() || store_.is_read_only()) return;
  DocumentRow row;
  row.etag = page.contents.hex();
  row.fetched_at_ns = store_.clock().now().time_since_epoch().count();
  row.fresh_until_ns = std::numeric_limits<std::int64_t>::max();
  row.body = candidates.encode();
  const std::lock_guard lock(mutex_);
  added_.emplace_back(key_of(normalized_name, page), std::move(row));
}

void CandidateCache::save() {
  std::vector<std::pair<std::string, DocumentRow>> rows;
  {
    const std::lock_guard lock(mutex_);
    rows.swap(added_);
  }
  if (rows.empty()) return;
  Index::Write write = store_.index().write();
  for (const auto& [key, row] : rows) write.put_document(key, row);
  write.commit();
}

}  // namespace envstore
