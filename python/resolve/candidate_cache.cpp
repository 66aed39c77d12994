#include "python/resolve/candidate_cache.h"

#include <algorithm>
#include <limits>
#include <set>

#include "store/platform/error.h"

namespace envstore {
namespace {

std::string fingerprint_of(const CandidateRules& rules) {
  std::string text = "python " + rules.python.canonical() + "\nnewest ";
  text += rules.exclude_newer_ns ? std::to_string(*rules.exclude_newer_ns) : "any";
  // Not part of the text for the first policy: rows of earlier versions of the program are found by it.
  if (rules.policy.name != kWheelsOnly.name) text.append("\nfiles ").append(rules.policy.name);
  for (const pypackaging::Tag& tag : rules.tags.tags()) text.append("\n").append(tag.text());
  return fingerprint(as_bytes(text)).hex();
}

// do not change: rows of earlier versions are found by them
constexpr const char* kPrefix = "candidates:";          // + rules, name and URL: a row; + rules: its keys
constexpr const char* kKnownRules = "candidate-rules";  // the rules, most recently added to first
constexpr std::size_t kMostRules = 8;

std::vector<std::string> lines_of(Index::Read& rows, const std::string& key) {
  std::vector<std::string> lines;
  const auto row = rows.document(key);
  if (!row) return lines;
  for (std::size_t begin = 0; begin < row->body.size();) {
    const std::size_t end = std::min(row->body.find('\n', begin), row->body.size());
    lines.push_back(row->body.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

template <class Lines>
void put_lines(Index::Write& write, const std::string& key, const Lines& lines) {
  DocumentRow row;
  row.fresh_until_ns = std::numeric_limits<std::int64_t>::max();
  for (const std::string& line : lines) row.body += line + "\n";
  write.put_document(key, row);
}

}  // namespace

CandidateCache::CandidateCache(StoreWriter& store, const CandidateRules& rules)
    : store_(store), rules_(rules.allowed_hashes == nullptr ? fingerprint_of(rules) : std::string()) {}

std::string CandidateCache::key_of(const std::string& normalized_name, const PageIdentity& page) const {
  return kPrefix + rules_ + ":" + normalized_name + ":" + page.url;
}

std::optional<Candidates> CandidateCache::find(const std::string& normalized_name, const CachedPage& page) {
  if (rules_.empty()) return std::nullopt;
  auto row = store_.index().read().document(key_of(normalized_name, page.identity));
  if (!row || row->etag != page.identity.contents.hex()) return std::nullopt;
  try {
    return Candidates::decode(std::move(row->body), page.where);
  } catch (const Error&) {
    return std::nullopt;  // of another version: made again
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
  std::vector<std::string> keys;
  for (const auto& [key, row] : rows) {
    write.put_document(key, row);
    keys.push_back(key);
  }
  note_keys(write, keys);
  forget_oldest_rules(write);
  write.commit();
}

void CandidateCache::note_keys(Index::Write& write, const std::vector<std::string>& keys) const {
  const std::vector<std::string> known = lines_of(write, kPrefix + rules_);
  std::set<std::string> all(known.begin(), known.end());
  all.insert(keys.begin(), keys.end());
  put_lines(write, kPrefix + rules_, all);
}

void CandidateCache::forget_oldest_rules(Index::Write& write) const {
  const std::vector<std::string> before = lines_of(write, kKnownRules);
  std::vector<std::string> rules = before;
  std::erase(rules, rules_);
  rules.insert(rules.begin(), rules_);
  for (; rules.size() > kMostRules; rules.pop_back()) {
    for (const std::string& key : lines_of(write, kPrefix + rules.back())) write.erase_document(key);
    write.erase_document(kPrefix + rules.back());
  }
  if (rules != before) put_lines(write, kKnownRules, rules);
}

}  // namespace envstore
