#include "directory.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "bytes.h"
#include "headers.h"
#include "zip/names.h"

namespace zip {
namespace {

constexpr std::uint32_t kCentralSignature = 0x02014b50;
constexpr std::size_t kCentralSize = 46;
// The best ratio of deflate: 258 bytes for two bits.
constexpr std::uint64_t kBestDeflateRatio = 1032;
constexpr std::uint64_t kLargestMember = std::uint64_t{16} << 30;
// Real archives stay far below these limits; an archive above both is a bomb.
constexpr std::uint64_t kHarmlessTotal = std::uint64_t{1} << 30;
constexpr std::uint64_t kHighestTotalRatio = 200;
constexpr std::uint64_t kLargestTotal = std::uint64_t{64} << 30;

// The upper half of the external attributes: the type of a file in the Unix mode.
constexpr std::uint32_t kTypeMask = 0170000;
constexpr std::uint32_t kDirectory = 0040000;
constexpr std::uint32_t kRegular = 0100000;
constexpr std::uint32_t kSymbolicLink = 0120000;

/// Reads the Unix mode from the upper half of the external attributes, which tools that do not record the
/// system set too. Only regular files and directories are allowed. Returns whether it is executable.
bool read_mode(std::uint32_t attributes, const Entry& entry) {
  const std::uint32_t mode = attributes >> 16;
  const std::uint32_t type = mode & kTypeMask;
  const bool fits = type == 0 || type == (entry.is_directory ? kDirectory : kRegular);
  if (type == kSymbolicLink) refuse(entry.member, "it is a symbolic link");
  if (!fits) refuse(entry.member, "it is neither a file nor a directory");
  return !entry.is_directory && (mode & 0111) != 0;
}

void check_flags(std::uint16_t flags, const Member& member) {
  if ((flags & 0x2041) != 0) refuse(member, "it is encrypted");
  if ((flags & 0x0020) != 0) refuse(member, "it is a patch");
}

void check_sizes(const Entry& entry, const Location& location) {
  const Member& member = entry.member;
  const std::uint64_t smallest = kLocalHeaderSize + member.name.size();
  const std::uint64_t room = location.offset;
  if (member.data_offset > room || smallest > room - member.data_offset ||
      member.compressed_size > room - member.data_offset - smallest)
    refuse(member, "it would reach beyond the archive");
  if (entry.is_directory && member.size != 0) refuse(member, "a directory has content");
  if (!member.deflated && member.size != member.compressed_size)
    refuse(member, "it is stored, but has two sizes");
  if (member.size > kLargestMember) refuse(member, "it is too large");
  if (member.deflated && member.size > member.compressed_size * kBestDeflateRatio)
    refuse(member, "its sizes cannot be: a decompression bomb, or damaged");
}

void check_total(const std::vector<Entry>& entries, const Location& location) {
  std::uint64_t total = 0;
  for (const Entry& entry : entries) {
    total += entry.member.size;
    if (total > kLargestTotal) refuse("its content is too large");
  }
  if (total > kHarmlessTotal && total / kHighestTotalRatio > location.offset)
    refuse("it is a decompression bomb: it would unpack to " + std::to_string(total) + " bytes");
}

std::string_view text_of(std::span<const std::byte> bytes, std::size_t at, std::size_t size) {
  return std::string_view(reinterpret_cast<const char*>(bytes.data()) + at, size);
}

void read_name(std::string_view name, Entry& entry) {
  entry.is_directory = name.ends_with('/');
  if (entry.is_directory) name.remove_suffix(1);
  entry.member.name = name;
  if (!is_safe_name(name)) refuse(entry.member, "the name is not safe");
}

void read_method(std::uint16_t method, Member& member) {
  if (method != 0 && method != 8)
    refuse(member, "it is compressed with an unknown method (" + std::to_string(method) + ")");
  member.deflated = method == 8;
}

/// Reads the entry at the start of `bytes` and moves past it.
Entry take_entry(std::span<const std::byte>& bytes, const Location& location) {
  if (bytes.size() < kCentralSize || u32(bytes, 0) != kCentralSignature) refuse("its directory is malformed");
  const std::size_t name_size = u16(bytes, 28);
  const std::size_t extra_size = u16(bytes, 30);
  const std::size_t whole = kCentralSize + name_size + extra_size + u16(bytes, 32);
  if (whole > bytes.size()) refuse("its directory is malformed");

  Entry entry;
  Member& member = entry.member;
  read_name(text_of(bytes, kCentralSize, name_size), entry);
  const std::uint16_t flags = u16(bytes, 8);
  check_flags(flags, member);
  entry.has_descriptor = (flags & 0x0008) != 0;
  read_method(u16(bytes, 10), member);
  if (u16(bytes, 34) != 0) refuse("it is one part of several");
  member.crc32 = u32(bytes, 16);
  Zip64Values values{u32(bytes, 24), u32(bytes, 20), u32(bytes, 42)};
  apply_extra(bytes.subspan(kCentralSize + name_size, extra_size), values, member);
  member.size = values.size;
  member.compressed_size = values.compressed_size;
  member.data_offset = values.local_offset;
  member.executable = read_mode(u32(bytes, 38), entry);
  check_sizes(entry, location);
  bytes = bytes.subspan(whole);
  return entry;
}

std::string hex8(std::uint32_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (int shift = 28; shift >= 0; shift -= 4) out += kDigits[value >> shift & 15];
  return out;
}

std::string size_and_crc(const Member& member) {
  return std::to_string(member.size) + " bytes with CRC " + hex8(member.crc32);
}

/// Some writers add a member twice. This compares size and CRC; Archive also compares the bytes.
void check_is_same(const Member& first, const Member& second) {
  if (first.size == second.size && first.crc32 == second.crc32) return;
  refuse(second, "it occurs twice, with different content (" + size_and_crc(first) + ", and " +
                     size_and_crc(second) + ")");
}

void check_parents(std::string_view name, const std::unordered_map<std::string_view, const Member*>& files,
                   std::unordered_set<std::string_view>& known_directories) {
  for (std::size_t slash = name.rfind('/'); slash != std::string_view::npos;
       slash = name.rfind('/', slash - 1)) {
    const std::string_view parent = name.substr(0, slash);
    if (!known_directories.insert(parent).second) return;
    if (files.contains(parent)) throw Error(std::string(parent), "it is a file and a directory at once");
    if (slash == 0) return;
  }
}

void check_names(const std::vector<Entry>& entries) {
  std::unordered_map<std::string_view, const Member*> files;
  for (const Entry& entry : entries) {
    const std::string_view name = entry.member.name;
    if (entry.is_directory) continue;
    if (const auto [first, is_new] = files.emplace(name, &entry.member); !is_new)
      check_is_same(*first->second, entry.member);
  }
  std::unordered_set<std::string_view> known_directories;
  for (const Entry& entry : entries) {
    if (entry.is_directory && files.contains(entry.member.name))
      refuse(entry.member, "it is a file and a directory at once");
    check_parents(entry.member.name, files, known_directories);
  }
}

}  // namespace

std::vector<Entry> read_directory(std::span<const std::byte> directory, const Location& location) {
  if (location.count > directory.size() / kCentralSize) refuse("its directory is cut off");
  std::vector<Entry> entries;
  entries.reserve(static_cast<std::size_t>(location.count));
  for (std::uint64_t i = 0; i < location.count; ++i) entries.push_back(take_entry(directory, location));
  if (!directory.empty()) refuse("its directory holds more than it says");
  check_total(entries, location);
  check_names(entries);
  return entries;
}

}  // namespace zip
