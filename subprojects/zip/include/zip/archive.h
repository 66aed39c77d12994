#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zip/error.h"
#include "zip/member.h"

namespace zip {

/// A ZIP archive (PKWARE APPNOTE 6.3) in memory, which it does not own and which must not change. The input
/// is hostile. Refused: unsafe names; members with the same name and different content; a name that is both
/// file and directory; symbolic links and special files; encryption; methods other than store and deflate;
/// overlapping members; bytes before, between or after members that the directory does not account for; local
/// headers that contradict the central directory; impossible sizes (ratio over 1032:1, or over the limit).
/// Zip64 is supported. Throws Error.
class Archive {
 public:
  explicit Archive(std::span<const std::byte> bytes);
  /// Sorted by name. Identical members with the same name count as one.
  const std::vector<Member>& members() const { return members_; }
  /// Names of members that occur more than once.
  const std::vector<std::string>& repeated() const { return repeated_; }
  const Member* find(std::string_view name) const;
  bool has_same_content(const Member& a, const Member& b) const;
  /// Inflates, checks size and CRC. Thread-safe.
  std::string read(const Member& member) const;
  /// `out` has member.size bytes.
  void read_into(const Member& member, std::span<std::byte> out) const;

 private:
  void merge_repeated();
  std::span<const std::byte> data_of(const Member& member) const;

  std::span<const std::byte> bytes_;
  std::vector<Member> members_;
  std::vector<std::string> repeated_;
};

}  // namespace zip
