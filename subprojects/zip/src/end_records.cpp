#include "end_records.h"

#include <algorithm>

#include "bytes.h"
#include "entry.h"

namespace zip {
namespace {

constexpr std::uint32_t kEndSignature = 0x06054b50;
constexpr std::uint32_t kEnd64Signature = 0x06064b50;
constexpr std::uint32_t kLocator64Signature = 0x07064b50;
constexpr std::size_t kEndSize = 22;
constexpr std::size_t kEnd64Size = 56;
constexpr std::size_t kLocator64Size = 20;
constexpr std::size_t kLongestComment = 0xffff;
constexpr std::uint16_t kAll16 = 0xffff;
constexpr std::uint32_t kAll32 = 0xffffffff;

/// The position of the end record in `tail`: the last one that fits. If a comment holds another signature,
/// the archive is ambiguous and is refused.
std::optional<std::size_t> find_end_record(std::span<const std::byte> tail) {
  if (tail.size() < kEndSize) return std::nullopt;
  const std::size_t last = tail.size() - kEndSize;
  const std::size_t first = last > kLongestComment ? last - kLongestComment : 0;
  bool has_stray = false;
  for (std::size_t at = last + 1; at-- > first;) {
    if (u32(tail, at) != kEndSignature) continue;
    if (u16(tail, at + 20) != tail.size() - at - kEndSize) {
      has_stray = true;
      continue;
    }
    if (has_stray) refuse("its comment looks like an end of directory; it can be read in two ways");
    return at;
  }
  return std::nullopt;
}

/// A 16- or 32-bit field of the old end record must equal the Zip64 value or be all ones.
bool agrees(std::uint64_t old_value, std::uint64_t all_ones, std::uint64_t new_value) {
  return old_value == all_ones || old_value == new_value;
}

Location read_end(std::span<const std::byte> record) {
  const std::uint64_t offset = u32(record, 16);
  const Location location{offset, offset + u32(record, 12), u16(record, 10)};
  if (u16(record, 4) != 0 || u16(record, 6) != 0 || u16(record, 8) != location.count)
    refuse("it is one part of several");
  return location;
}

Location read_end64(std::span<const std::byte> record, std::span<const std::byte> end_record) {
  if (u32(record, 0) != kEnd64Signature || u64(record, 4) != kEnd64Size - 12)
    refuse("its Zip64 end of directory is malformed");
  Location location;
  location.count = u64(record, 32);
  const std::uint64_t size = u64(record, 40);
  location.offset = u64(record, 48);
  if (u32(record, 16) != 0 || u32(record, 20) != 0 || u64(record, 24) != location.count)
    refuse("it is one part of several");
  if (!agrees(u16(end_record, 10), kAll16, location.count) || !agrees(u32(end_record, 12), kAll32, size) ||
      !agrees(u32(end_record, 16), kAll32, location.offset))
    refuse("its two end records contradict each other");
  location.end = location.offset + size;
  if (location.end < location.offset) refuse("its directory's size cannot be");
  return location;
}

/// The offset in the file of the Zip64 end record, which must lie directly before its locator, and that
/// directly before the end record at `end_offset`.
std::uint64_t read_locator64(std::span<const std::byte> locator, std::uint64_t end_offset) {
  const std::uint64_t end64 = u64(locator, 8);
  if (u32(locator, 4) != 0 || u32(locator, 16) > 1) refuse("it is one part of several");
  if (end_offset < kLocator64Size + kEnd64Size || end64 != end_offset - kLocator64Size - kEnd64Size)
    refuse("its Zip64 end of directory is not where it should be");
  return end64;
}

}  // namespace

std::optional<Location> locate_directory(std::span<const std::byte> tail, std::uint64_t tail_offset,
                                         std::uint64_t& needs_from) {
  const std::uint64_t file_size = tail_offset + tail.size();
  const std::optional<std::size_t> end_at = find_end_record(tail);
  if (!end_at) {
    const std::uint64_t furthest = kEndSize + kLongestComment;
    needs_from = file_size > furthest ? file_size - furthest : 0;
    if (needs_from < tail_offset) return std::nullopt;
    refuse("it is not a whole ZIP archive: it was cut off, or something follows its end");
  }
  const auto end_record = tail.subspan(*end_at);
  const std::uint64_t end_offset = tail_offset + *end_at;
  if (end_offset >= kLocator64Size && *end_at < kLocator64Size) {
    needs_from = end_offset - std::min<std::uint64_t>(end_offset, kLocator64Size + kEnd64Size);
    return std::nullopt;
  }
  Location location;
  std::uint64_t end_of_directory = end_offset;
  if (*end_at >= kLocator64Size && u32(tail, *end_at - kLocator64Size) == kLocator64Signature) {
    end_of_directory = read_locator64(tail.subspan(*end_at - kLocator64Size, kLocator64Size), end_offset);
    if (end_of_directory < tail_offset) {
      needs_from = end_of_directory;
      return std::nullopt;
    }
    location = read_end64(tail.subspan(static_cast<std::size_t>(end_of_directory - tail_offset), kEnd64Size),
                          end_record);
  } else {
    location = read_end(end_record);
  }
  if (location.end != end_of_directory)
    refuse("there is data that its directory does not explain before its end, or before its beginning");
  if (location.offset < tail_offset) {
    needs_from = location.offset;
    return std::nullopt;
  }
  return location;
}

}  // namespace zip
