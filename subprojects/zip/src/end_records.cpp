#include "python/wheel/zip_format.h"

#include <algorithm>

#include "python/wheel/names.h"
#include "store/platform/error.h"
#include "store/platform/format.h"

namespace envstore::zip {
namespace {

constexpr std::uint32_t kEndSignature = 0x06054b50;
constexpr std::uint32_t kEnd64Signature = 0x06064b50;
constexpr std::uint32_t kLocator64Signature = 0x07064b50;
constexpr std::uint32_t kLocalSignature = 0x04034b50;
constexpr std::size_t kEndSize = 22;
constexpr std::size_t kEnd64Size = 56;
constexpr std::size_t kLocator64Size = 20;
constexpr std::size_t kLongestComment = 0xffff;
constexpr std::uint16_t kAll16 = 0xffff;
constexpr std::uint32_t kAll32 = 0xffffffff;

constexpr std::uint16_t kExtraZip64 = 0x0001;
constexpr std::uint16_t kExtraUnicodePath = 0x7075;

/// The position of the end record in `tail`: the last one that fits. If a comment holds another signature,
/// the archive is ambiguous and is refused.
std::optional<std::size_t> find_end_record(std::span<const std::byte> tail, const std::string& archive) {
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
    if (has_stray) refuse(archive, "its comment looks like an end of directory; it can be read in two ways");
    return at;
  }
  return std::nullopt;
}

/// A 16- or 32-bit field of the old end record must equal the Zip64 value or be all ones.
bool agrees(std::uint64_t old_value, std::uint64_t all_ones, std::uint64_t new_value) {
  return old_value == all_ones || old_value == new_value;
}

Location read_end64(std::span<const std::byte> record, std::span<const std::byte> end_record,
                    const std::string& archive) {
  if (u32(record, 0) != kEnd64Signature || u64(record, 4) != kEnd64Size - 12)
    refuse(archive, "its Zip64 end of directory is malformed");
  Location location;
  location.count = u64(record, 32);
  const std::uint64_t size = u64(record, 40);
  location.offset = u64(record, 48);
  if (u32(record, 16) != 0 || u32(record, 20) != 0 || u64(record, 24) != location.count)
    refuse(archive, "it is one part of several");
  if (!agrees(u16(end_record, 10), kAll16, location.count) || !agrees(u32(end_record, 12), kAll32, size) ||
      !agrees(u32(end_record, 16), kAll32, location.offset))
    refuse(archive, "its two end records contradict each other");
  location.end = location.offset + size;
  if (location.end < location.offset) refuse(archive, "its directory's size cannot be");
  return location;
}

std::uint64_t take_u64(std::span<const std::byte>& field, std::string_view member,
                       const std::string& archive) {
  if (field.size() < 8) refuse_member(archive, member, "its Zip64 field is too short");
  const std::uint64_t value = u64(field, 0);
  field = field.subspan(8);
  return value;
}

void apply_zip64(std::span<const std::byte> field, Zip64Values& values, std::string_view member,
                 const std::string& archive) {
  if (values.size == kAll32) values.size = take_u64(field, member, archive);
  if (values.compressed_size == kAll32) values.compressed_size = take_u64(field, member, archive);
  if (values.local_offset == kAll32) values.local_offset = take_u64(field, member, archive);
}

}  // namespace

std::uint16_t u16(std::span<const std::byte> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) |
                                    (std::to_integer<unsigned>(bytes[at + 1]) << 8));
}
std::uint32_t u32(std::span<const std::byte> bytes, std::size_t at) {
  return std::uint32_t{u16(bytes, at)} | (std::uint32_t{u16(bytes, at + 2)} << 16);
}
std::uint64_t u64(std::span<const std::byte> bytes, std::size_t at) {
  return std::uint64_t{u32(bytes, at)} | (std::uint64_t{u32(bytes, at + 4)} << 32);
}

void refuse(const std::string& archive, std::string_view reason) {
  throw Error(ErrorKind::invalid_input, format_text("cannot read '{}': {}", archive, reason));
}

void refuse_member(const std::string& archive, std::string_view member, std::string_view reason) {
  throw Error(ErrorKind::invalid_input,
              format_text("cannot read '{}' in '{}': {}", printable(member), archive, reason));
}

std::optional<Location> locate_directory(std::span<const std::byte> tail, std::uint64_t tail_offset,
                                         std::uint64_t& needs_from, const std::string& archive) {
  const std::uint64_t file_size = tail_offset + tail.size();
  const std::optional<std::size_t> end_at = find_end_record(tail, archive);
  if (!end_at) {
    const std::uint64_t furthest = kEndSize + kLongestComment;
    needs_from = file_size > furthest ? file_size - furthest : 0;
    if (needs_from < tail_offset) return std::nullopt;
    refuse(archive, "it is not a whole ZIP archive: it was cut off, or something follows its end");
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
    const auto locator = tail.subspan(*end_at - kLocator64Size, kLocator64Size);
    end_of_directory = u64(locator, 8);
    if (u32(locator, 4) != 0 || u32(locator, 16) > 1) refuse(archive, "it is one part of several");
    if (end_offset < kLocator64Size + kEnd64Size ||
        end_of_directory != end_offset - kLocator64Size - kEnd64Size)
      refuse(archive, "its Zip64 end of directory is not where it should be");
    if (end_of_directory < tail_offset) {
      needs_from = end_of_directory;
      return std::nullopt;
    }
    location = read_end64(tail.subspan(static_cast<std::size_t>(end_of_directory - tail_offset), kEnd64Size),
                          end_record, archive);
  } else {
    location = {u32(end_record, 16), std::uint64_t{u32(end_record, 16)} + u32(end_record, 12),
                u16(end_record, 10)};
    if (u16(end_record, 4) != 0 || u16(end_record, 6) != 0 || u16(end_record, 8) != location.count)
      refuse(archive, "it is one part of several");
  }
  if (location.end != end_of_directory)
    refuse(archive,
           "there is data that its directory does not explain before its end, or before its beginning");
  if (location.offset < tail_offset) {
    needs_from = location.offset;
    return std::nullopt;
  }
  return location;
}

void apply_extra(std::span<const std::byte> extra, Zip64Values& values, std::string_view member,
                 const std::string& archive) {
  bool has_zip64 = false;
  while (!extra.empty()) {
    // Some writers pad with fewer than four zero bytes (alignment).
    if (extra.size() < 4) {
      if (std::all_of(extra.begin(), extra.end(), [](std::byte b) { return b == std::byte{0}; })) return;
      refuse_member(archive, member, "its extra field is malformed");
    }
    const std::uint16_t kind = u16(extra, 0);
    const std::size_t size = u16(extra, 2);
    if (size > extra.size() - 4) refuse_member(archive, member, "its extra field is malformed");
    if (kind == kExtraUnicodePath) refuse_member(archive, member, "an extra field gives it a second name");
    if (kind == kExtraZip64) {
      if (has_zip64) refuse_member(archive, member, "it has two Zip64 fields");
      has_zip64 = true;
      apply_zip64(extra.subspan(4, size), values, member, archive);
    }
    extra = extra.subspan(4 + size);
  }
}

std::uint64_t check_local_header(std::span<const std::byte> bytes, const Entry& entry,
                                 const std::string& archive) {
  const ZipMember& member = entry.member;
  const auto contradicts = [&](std::string_view what) {
    refuse_member(archive, member.name, format_text("its local header contradicts the directory: {}", what));
  };
  if (bytes.size() < kLocalHeaderSize || u32(bytes, 0) != kLocalSignature) contradicts("there is none");
  const std::size_t name_size = u16(bytes, 26);
  const std::size_t extra_size = u16(bytes, 28);
  if (bytes.size() < kLocalHeaderSize + name_size + extra_size) contradicts("it is cut off");
  const std::string_view name(reinterpret_cast<const char*>(bytes.data()) + kLocalHeaderSize, name_size);
  const bool same_name = entry.is_directory ? name.size() == member.name.size() + 1 &&
                                                  name.starts_with(member.name) && name.ends_with('/')
                                            : name == member.name;
  if (!same_name) contradicts("the name");
  const std::uint16_t flags = u16(bytes, 6);
  constexpr std::uint16_t kMeaningful = 0x2069;  // encrypted, descriptor, patched, strong encryption, masked
  if ((flags & kMeaningful) != (entry.has_descriptor ? 0x0008 : 0)) contradicts("the flags");
  if (u16(bytes, 8) != (member.deflated ? 8 : 0)) contradicts("the method");

  Zip64Values values{u32(bytes, 22), u32(bytes, 18), 0};
  apply_extra(bytes.subspan(kLocalHeaderSize + name_size, extra_size), values, member.name, archive);
  const auto fits = [&](std::uint64_t local, std::uint64_t central) {
    return local == central || (entry.has_descriptor && local == 0);
  };
  if (!fits(u32(bytes, 14), member.crc32)) contradicts("the CRC");
  if (!fits(values.size, member.size) || !fits(values.compressed_size, member.compressed_size))
    contradicts("the size");
  return kLocalHeaderSize + name_size + extra_size;
}

}  // namespace envstore::zip
