#pragma once
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "gc/census/census.h"

namespace envstore {

/// Groups blobs that have the same set of trees. Memory use grows with the sets, not with the blobs.
class GroupBuilder {
 public:
  /// `trees`: sorted by id; must outlive this object. Other trees are ignored: an ingest has not finished
  /// them, or never will.
  explicit GroupBuilder(const std::vector<CountedTree>& trees);
  void add(std::uint64_t size, std::span<const TreeId> trees);
  std::vector<BlobGroup> take() { return std::move(groups_); }

 private:
  BlobGroup& group_of(std::span<const TreeId> trees);

  std::unordered_map<TreeId, std::uint32_t> positions_;
  /// Key: hash of a group's list of positions.
  std::unordered_multimap<std::uint64_t, std::uint32_t> by_hash_;
  std::vector<BlobGroup> groups_;
  std::vector<std::uint32_t> wanted_;  ///< positions of one blob's trees; reused between calls
};

}  // namespace envstore
