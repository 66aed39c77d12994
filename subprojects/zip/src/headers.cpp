#include "headers.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "bytes.h"

namespace zip {
namespace {

constexpr std::uint32_t kLocalSignature = 0x04034b50;
constexpr std::uint32_t kAll32 = 0xffffffff;
constexpr std::uint16_t kExtraZip64 = 0x0001;
constexpr std::uint16_t kExtraUnicodePath = 0x7075;

std::uint64_t take_u64(std::span<const std::byte>& field, const Member& member) {
  if (field.size() < 8) refuse(member, "its Zip64 field is too short");
  const std::uint64_t value = u64(field, 0);
  field = field.subspan(8);
  return value;
}

void apply_zip64(std::span<const std::byte> field, Zip64Values& values, const Member& member) {
  if (values.size == kAll32) values.size = take_u64(field, member);
  if (values.compressed_size == kAll32) values.compressed_size = take_u64(field, member);
  if (values.local_offset == kAll32) values.local_offset = take_u64(field, member);
}

}  // namespace

void apply_extra(std::span<const std::byte> extra, Zip64Values& values, const Member& member) {
  bool has_zip64 = false;
  while (!extra.empty()) {
    // Some writers pad with fewer than four zero bytes (alignment).
    if (extra.size() < 4) {
      if (std::all_of(extra.begin(), extra.end(), [](std::byte b) { return b == std::byte{0}; })) return;
      refuse(member, "its extra field is malformed");
    }
    const std::uint16_t kind = u16(extra, 0);
    const std::size_t size = u16(extra, 2);
    if (size > extra.size() - 4) refuse(member, "its extra field is malformed");
    if (kind == kExtraUnicodePath) refuse(member, "an extra field gives it a second name");
    if (kind == kExtraZip64) {
      if (has_zip64) refuse(member, "it has two Zip64 fields");
      has_zip64 = true;
      apply_zip64(extra.subspan(4, size), values, member);
    }
    extra = extra.subspan(4 + size);
  }
}

std::uint64_t check_local_header(std::span<const std::byte> bytes, const Entry& entry) {
  const Member& member = entry.member;
  const auto contradicts = [&](std::string_view what) {
    refuse(member, "its local header contradicts the directory: " + std::string(what));
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
  apply_extra(bytes.subspan(kLocalHeaderSize + name_size, extra_size), values, member);
  const auto fits = [&](std::uint64_t local, std::uint64_t central) {
    return local == central || (entry.has_descriptor && local == 0);
  };
  if (!fits(u32(bytes, 14), member.crc32)) contradicts("the CRC");
  if (!fits(values.size, member.size) || !fits(values.compressed_size, member.compressed_size))
    contradicts("the size");
  return kLocalHeaderSize + name_size + extra_size;
}

bool is_descriptor_of(std::span<const std::byte> bytes, const Member& member) {
  // It has an optional signature and 32- or 64-bit sizes, as its length shows.
  constexpr std::uint32_t kSignature = 0x08074b50;
  const bool has_signature = bytes.size() == 16 || bytes.size() == 24;
  if (has_signature && u32(bytes, 0) != kSignature) return false;
  if (has_signature) bytes = bytes.subspan(4);
  if (bytes.size() == 12)
    return u32(bytes, 0) == member.crc32 && u32(bytes, 4) == member.compressed_size &&
           u32(bytes, 8) == member.size;
  if (bytes.size() == 20)
    return u32(bytes, 0) == member.crc32 && u64(bytes, 4) == member.compressed_size &&
           u64(bytes, 12) == member.size;
  return false;
}

}  // namespace zip
