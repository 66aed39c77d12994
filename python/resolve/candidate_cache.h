#pragma once
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "python/resolve/candidates.h"
#include "store/index/store.h"

namespace envstore {

/// Candidates kept in the store's index (documents) beside the page that they were made of, for one set of
/// rules: to look through thousands of files takes milliseconds a page, to read what came of it microseconds.
/// Rules with hashes are a request's own and are not kept, nor are rows of rules that eight others have been
/// used to add some since: interpreters go, and cut-off times move. Thread-safe.
class CandidateCache {
 public:
  CandidateCache(Store& store, const CandidateRules& rules);

  /// nullopt: not known, made of other contents, or not to be read.
  std::optional<Candidates> find(const std::string& normalized_name, const CachedPage& page);
  /// Kept by the next `save`.
  void add(const std::string& normalized_name, const PageIdentity& page, const Candidates& candidates);
  /// Writes what was added, in one transaction.
  void save();

 private:
  void note_keys(Index::Write& write, const std::vector<std::string>& keys) const;
  void forget_oldest_rules(Index::Write& write) const;
  std::string key_of(const std::string& normalized_name, const PageIdentity& page) const;

  Store& store_;
  std::string rules_;  ///< their fingerprint; empty: nothing is kept
  std::mutex mutex_;   ///< protects added_
  std::vector<std::pair<std::string, DocumentRow>> added_;
};

}  // namespace envstore
