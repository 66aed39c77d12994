#include "gc/census/shares.h"

namespace envstore {

Shares::Shares(const Census& census)
    : census_(census),
      namers_(census.trees.size()),
      holders_(census.groups.size()),
      first_group_(census.trees.size() + 1),
      hits_(census.groups.size()),
      bytes_(census.total_bytes() + census.overhead_bytes()) {
  for (std::uint32_t position = 0; position < census.snapshots.size(); ++position)
    for (const std::uint32_t tree : census.snapshots[position].trees) namers_[tree].add(position);
  for (const BlobGroup& group : census.groups)
    for (const std::uint32_t tree : group.trees) ++first_group_[tree + 1];
  for (std::size_t tree = 0; tree < census.trees.size(); ++tree) first_group_[tree + 1] += first_group_[tree];
  groups_.resize(first_group_.back());
  std::vector<std::uint32_t> next = first_group_;
  for (std::uint32_t position = 0; position < census.groups.size(); ++position)
    for (const std::uint32_t tree : census.groups[position].trees) {
      holders_[position].add(tree);
      groups_[next[tree]++] = position;
    }
}

std::span<const std::uint32_t> Shares::groups_of(std::uint32_t tree) const {
  return std::span(groups_).subspan(first_group_[tree], first_group_[tree + 1] - first_group_[tree]);
}

std::uint64_t Shares::freed_by(std::uint32_t snapshot) {
  std::uint64_t freed = census_.snapshots[snapshot].overhead_bytes;
  touched_.clear();
  for (const std::uint32_t tree : census_.snapshots[snapshot].trees) {
    if (namers_[tree].last() != snapshot) continue;
    freed += census_.trees[tree].overhead_bytes;
    for (const std::uint32_t group : groups_of(tree)) {
      touched_.push_back(group);
      if (++hits_[group] == holders_[group].count) freed += census_.groups[group].bytes;
    }
  }
  for (const std::uint32_t group : touched_) hits_[group] = 0;
  return freed;
}

void Shares::note_last_owner(const Owners& trees_of_group) {
  const auto tree = trees_of_group.last();
  if (!tree) return;
  if (const auto snapshot = last_namer(*tree)) new_last_owners_.push_back(*snapshot);
}

std::uint64_t Shares::drop_from_groups(std::uint32_t tree) {
  std::uint64_t freed = census_.trees[tree].overhead_bytes;
  for (const std::uint32_t group : groups_of(tree)) {
    holders_[group].drop(tree);
    if (holders_[group].count == 0)
      freed += census_.groups[group].bytes;
    else
      note_last_owner(holders_[group]);
  }
  bytes_ -= freed;
  return freed;
}

std::uint64_t Shares::remove(std::uint32_t snapshot) {
  std::uint64_t freed = census_.snapshots[snapshot].overhead_bytes;
  bytes_ -= freed;
  new_last_owners_.clear();
  for (const std::uint32_t tree : census_.snapshots[snapshot].trees) {
    namers_[tree].drop(snapshot);
    if (namers_[tree].count == 0)
      freed += drop_from_groups(tree);
    else if (const auto last = last_namer(tree))
      new_last_owners_.push_back(*last);
  }
  return freed;
}

void Shares::put_back(std::uint32_t snapshot) {
  bytes_ += census_.snapshots[snapshot].overhead_bytes;
  for (const std::uint32_t tree : census_.snapshots[snapshot].trees) {
    namers_[tree].add(snapshot);
    if (namers_[tree].count > 1) continue;
    bytes_ += census_.trees[tree].overhead_bytes;
    for (const std::uint32_t group : groups_of(tree)) {
      if (holders_[group].count == 0) bytes_ += census_.groups[group].bytes;
      holders_[group].add(tree);
    }
  }
}

std::uint64_t Shares::remove_tree(std::uint32_t tree) {
  new_last_owners_.clear();
  return drop_from_groups(tree);
}

void Shares::forget_unnamed_blobs() {
  for (const BlobGroup& group : census_.groups)
    if (group.trees.empty()) bytes_ -= group.bytes;
}

std::uint64_t bytes_freed_by(const Census& census, const std::vector<std::uint32_t>& snapshots) {
  Shares shares(census);
  std::uint64_t freed = 0;
  for (const std::uint32_t snapshot : snapshots) freed += shares.remove(snapshot);
  return freed;
}

std::vector<std::uint64_t> own_bytes(const Census& census) {
  Shares shares(census);
  std::vector<std::uint64_t> own(census.snapshots.size());
  for (std::uint32_t position = 0; position < own.size(); ++position)
    own[position] = shares.freed_by(position);
  return own;
}

}  // namespace envstore
