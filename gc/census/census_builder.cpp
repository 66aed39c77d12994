#include "gc/census/census_builder.h"

#include <algorithm>

#include "gc/census/block.h"

namespace envstore {
namespace {

std::uint64_t hash_of(const std::vector<std::uint32_t>& positions) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const std::uint32_t position : positions) hash = (hash ^ position) * 0x100000001b3;
  return hash;
}

}  // namespace

GroupBuilder::GroupBuilder(const std::vector<CountedTree>& trees) {
  positions_.reserve(trees.size());
  for (std::uint32_t position = 0; position < trees.size(); ++position)
    positions_.emplace(trees[position].id, position);
}

BlobGroup& GroupBuilder::group_of(std::span<const TreeId> trees) {
  wanted_.clear();
  for (const TreeId& tree : trees)
    if (const auto found = positions_.find(tree); found != positions_.end()) wanted_.push_back(found->second);
  std::sort(wanted_.begin(), wanted_.end());
  const std::uint64_t hash = hash_of(wanted_);
  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto known = first; known != last; ++known)
    if (groups_[known->second].trees == wanted_) return groups_[known->second];
  by_hash_.emplace(hash, static_cast<std::uint32_t>(groups_.size()));
  return groups_.emplace_back(BlobGroup{.trees = wanted_});
}

void GroupBuilder::add(std::uint64_t size, std::span<const TreeId> trees) {
  BlobGroup& group = group_of(trees);
  group.bytes += on_disk(size);
  ++group.blobs;
}

}  // namespace envstore
