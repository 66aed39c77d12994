#pragma once
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "python/resolve/candidates.h"
#include "store/index/store.h"

namespace envstore {

/// Candidates cached in the store's index (documents) beside the page that they were made from, for one set
/// of rules: scanning thousands of files takes milliseconds per page, reading the result microseconds. Rules
/// with hashes are specific to one request and are not cached. The rows of one set of rules are dropped once
/// eight other sets have added rows since, because interpreters are removed and cut-off times move.
/// Thread-safe.
class CandidateCache {
 public:
  CandidateCache(StoreWriter& store, const CandidateRules& rules);

  /// nullopt: not cached, made from other page contents, or not decodable.
  std::optional<Candidates> find(const std::string& normalized_name, const CachedPage& page);
  /// Written by the next `save`.
  void add(const std::string& normalized_name, const PageIdentity& page, const Candidates& candidates);
  /// Writes what was added, in one transaction.
  void save();

 private:
  void note_keys(Index::Write& write, const std::vector<std::string>& keys) const;
  void forget_oldest_rules(Index::Write& write) const;
  std::string key_of(const std::string& normalized_name, const PageIdentity& page) const;

  StoreWriter& store_;
  std::string rules_;  ///< their fingerprint; empty: nothing is cached
  std::mutex mutex_;   ///< protects added_
  std::vector<std::pair<std::string, DocumentRow>> added_;
};

}  // namespace envstore
