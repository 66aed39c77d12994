#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gc/census/census.h"

namespace envstore {

/// Tracks which snapshots and trees still share data while snapshots and trees are removed. Keeps reference
/// counts, so that the bytes that one snapshot frees are found from its own trees and their groups alone.
class Shares {
 public:
  explicit Shares(const Census& census);

  /// Bytes that removing the snapshot would free now.
  std::uint64_t freed_by(std::uint32_t snapshot);
  /// Removes the snapshot and the trees that only it still named. Returns the bytes that this frees.
  std::uint64_t remove(std::uint32_t snapshot);
  /// Undoes a `remove`.
  void put_back(std::uint32_t snapshot);
  std::uint64_t remove_tree(std::uint32_t tree);  ///< `tree`: one that no snapshot names

  bool is_named(std::uint32_t tree) const { return namers_[tree].count > 0; }
  /// The snapshot that still names the tree, if there is exactly one.
  std::optional<std::uint32_t> last_namer(std::uint32_t tree) const { return namers_[tree].last(); }
  /// Snapshots that the last `remove` made the last owner of a tree or a blob; may repeat.
  const std::vector<std::uint32_t>& new_last_owners() const { return new_last_owners_; }
  std::span<const std::uint32_t> groups_of(std::uint32_t tree) const;
  /// Bytes of the blobs that a remaining tree has or that no tree ever had, plus the overhead bytes.
  std::uint64_t bytes() const { return bytes_; }
  void forget_unnamed_blobs();  ///< removes the blobs that no tree ever had from bytes()

 private:
  /// The number of owners, and the exclusive or of their positions: with one owner left, this is its
  /// position.
  struct Owners {
    std::uint32_t count = 0, mixed = 0;
    void add(std::uint32_t position) { ++count, mixed ^= position; }
    void drop(std::uint32_t position) { --count, mixed ^= position; }
    std::optional<std::uint32_t> last() const { return count == 1 ? std::optional(mixed) : std::nullopt; }
  };
  std::uint64_t drop_from_groups(std::uint32_t tree);
  void note_last_owner(const Owners& trees_of_group);

  const Census& census_;
  std::vector<Owners> namers_;                       ///< by tree: snapshots that name it
  std::vector<Owners> holders_;                      ///< by group: trees that have it
  std::vector<std::uint32_t> first_group_, groups_;  ///< of tree t: groups_[first_group_[t] ..< [t + 1]]
  std::vector<std::uint32_t> hits_;                  ///< by group, all 0 between calls
  std::vector<std::uint32_t> touched_, new_last_owners_;
  std::uint64_t bytes_ = 0;
};

}  // namespace envstore
