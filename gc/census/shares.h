#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gc/census/census.h"

namespace envstore {

/// Who still shares what, as snapshots and trees go: counts of references, so that what one snapshot frees
/// costs a look at its own trees and their groups alone.
class Shares {
 public:
  explicit Shares(const Census& census);

  /// What would go with it now.
  std::uint64_t freed_by(std::uint32_t snapshot);
  /// It goes, and the trees that only it still named. Returns the bytes that go with it.
  std::uint64_t remove(std::uint32_t snapshot);
  /// It stays after all: undoes a `remove`.
  void put_back(std::uint32_t snapshot);
  std::uint64_t remove_tree(std::uint32_t tree);  ///< one that no snapshot names

  bool is_named(std::uint32_t tree) const { return namers_[tree].count > 0; }
  /// The one snapshot that still names it, where there is only one.
  std::optional<std::uint32_t> last_namer(std::uint32_t tree) const { return namers_[tree].last(); }
  /// Snapshots that became the last owner of something by the last `remove`; may repeat.
  const std::vector<std::uint32_t>& new_last_owners() const { return new_last_owners_; }
  std::span<const std::uint32_t> groups_of(std::uint32_t tree) const;
  /// Of blobs that some tree has, or that none ever had, and what there is besides blobs.
  std::uint64_t bytes() const { return bytes_; }
  void forget_unnamed_blobs();  ///< those go, too

 private:
  /// How many there are, and the exclusive or of their places: with one left, its place.
  struct Owners {
    std::uint32_t count = 0, mixed = 0;
    void add(std::uint32_t place) { ++count, mixed ^= place; }
    void drop(std::uint32_t place) { --count, mixed ^= place; }
    std::optional<std::uint32_t> last() const { return count == 1 ? std::optional(mixed) : std::nullopt; }
  };
  std::uint64_t drop_from_groups(std::uint32_t tree);
  void note_last_owner(const Owners& trees_of_group);

  const Census& census_;
  std::vector<Owners> namers_;                       ///< by tree: snapshots
  std::vector<Owners> holders_;                      ///< by group: trees
  std::vector<std::uint32_t> first_group_, groups_;  ///< of tree t: groups_[first_group_[t] ..< [t + 1]]
  std::vector<std::uint32_t> hits_;                  ///< by group, all 0 between calls
  std::vector<std::uint32_t> touched_, new_last_owners_;
  std::uint64_t bytes_ = 0;
};

}  // namespace envstore
