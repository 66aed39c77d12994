#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zip/archive.h"

// The ZIP archive of a wheel: subprojects/zip, with errors for users. Everything here throws
// Error{invalid_input} that names the file and the member.
namespace envstore {

/// A larger METADATA is refused, in a wheel and from a package index: each is held in memory as a whole.
inline constexpr std::uint64_t kLargestMetadata = std::uint64_t{64} << 20;

/// As zip::Archive, and no two names in a dist-info directory may differ only by letter case, as
/// on a file system that ignores case they would be one file.
class WheelArchive {
 public:
  /// `bytes` are not owned.
  WheelArchive(std::span<const std::byte> bytes, std::string filename);
  const std::vector<zip::Member>& members() const { return archive_.members(); }
  /// Names of members that occur more than once.
  const std::vector<std::string>& repeated() const { return archive_.repeated(); }
  const zip::Member* find(std::string_view name) const { return archive_.find(name); }
  bool has_same_content(const zip::Member& a, const zip::Member& b) const;
  std::string read(const zip::Member& member) const;
  void read_into(const zip::Member& member, std::span<std::byte> out) const;

 private:
  std::string filename_;
  zip::Archive archive_;
};

/// zip::read_tail with the checks of WheelArchive.
std::optional<std::vector<zip::Member>> read_wheel_tail(std::span<const std::byte> tail,
                                                        std::uint64_t tail_offset, std::uint64_t file_size,
                                                        std::uint64_t& needs_from,
                                                        const std::string& filename);
/// zip::read_member.
std::optional<std::string> read_wheel_member(std::span<const std::byte> from_header,
                                             const zip::Member& member, std::uint64_t& needs_size,
                                             const std::string& filename);

}  // namespace envstore
