#pragma once
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "gc/census/census.h"

namespace envstore {

/// Puts blobs with the same set of trees together. What it keeps grows with the sets, not with the blobs.
class GroupBuilder {
 public:
  /// `trees`: sorted by id; must outlive it. Trees that are not among them do not count: an ingest has not
  /// finished them, or never will.
  explicit GroupBuilder(const std::vector<CountedTree>& trees);
  void add(std::uint64_t size, std::span<const TreeId> trees);
  std::vector<BlobGroup> take() { return std::move(groups_); }

 private:
  BlobGroup& group_of(std::span<const TreeId> trees);

  std::unordered_map<TreeId, std::uint32_t> places_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> by_hash_;  ///< of the list of places
  std::vector<BlobGroup> groups_;
  std::vector<std::uint32_t> wanted_;  ///< reused
};

}  // namespace envstore
