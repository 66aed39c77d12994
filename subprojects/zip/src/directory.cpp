#include <sys/stat.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "python/wheel/names.h"
#include "python/wheel/zip_format.h"
#include "store/objects/tree.h"
#include "store/platform/format.h"
#include "store/platform/text.h"

namespace envstore::zip {
namespace {

constexpr std::uint32_t kCentralSignature = 0x02014b50;
constexpr std::size_t kCentralSize = 46;
// The best ratio of deflate: 258 bytes for two bits.
constexpr std::uint64_t kBestDeflateRatio = 1032;
constexpr std::uint64_t kLargestMember = std::uint64_t{16} << 30;
// Real wheels stay far below these limits; an archive above both is a bomb.
constexpr std::uint64_t kHarmlessTotal = std::uint64_t{1} << 30;
constexpr std::uint64_t kHighestTotalRatio = 200;
constexpr std::uint64_t kLargestTotal = std::uint64_t{64} << 30;

void check_name(std::string_view name, const std::string& archive) {
  if (!is_safe_member_name(name)) refuse_member(archive, name, "the name is not safe");
}

/// Reads the Unix mode from the upper half of the external attributes, which tools that do not record the
/// system set too. Only regular files and directories are allowed. Returns whether it is executable.
bool read_mode(std::uint32_t attributes, const Entry& entry, const std::string& archive) {
  const std::uint32_t mode = attributes >> 16;
  const std::uint32_t type = mode & S_IFMT;
  const bool fits = type == 0 || type == (entry.is_directory ? S_IFDIR : S_IFREG);
  if (type == S_IFLNK) refuse_member(archive, entry.member.name, "it is a symbolic link");
  if (!fits) refuse_member(archive, entry.member.name, "it is neither a file nor a directory");
  return !entry.is_directory && (mode & 0111) != 0;
}

void check_flags(std::uint16_t flags, std::string_view name, const std::string& archive) {
  if ((flags & 0x2041) != 0) refuse_member(archive, name, "it is encrypted");
  if ((flags & 0x0020) != 0) refuse_member(archive, name, "it is a patch");
}

void check_sizes(const Entry& entry, const Location& location, const std::string& archive) {
  const ZipMember& member = entry.member;
  const std::uint64_t smallest = kLocalHeaderSize + member.name.size();
  const std::uint64_t room = location.offset;
  if (member.data_offset > room || smallest > room - member.data_offset ||
      member.compressed_size > room - member.data_offset - smallest)
    refuse_member(archive, member.name, "it would reach beyond the archive");
  if (entry.is_directory && member.size != 0) refuse_member(archive, member.name, "a directory has content");
  if (!member.deflated && member.size != member.compressed_size)
    refuse_member(archive, member.name, "it is stored, but has two sizes");
  if (member.size > kLargestMember) refuse_member(archive, member.name, "it is too large");
  if (member.deflated && member.size > member.compressed_size * kBestDeflateRatio)
    refuse_member(archive, member.name, "its sizes cannot be: a decompression bomb, or damaged");
}

void check_total(const std::vector<Entry>& entries, const Location& location, const std::string& archive) {
  std::uint64_t total = 0;
  for (const Entry& entry : entries) {
    total += entry.member.size;
    if (total > kLargestTotal) refuse(archive, "its content is too large");
  }
  if (total > kHarmlessTotal && total / kHighestTotalRatio > location.offset)
    refuse(archive, format_text("it is a decompression bomb: it would unpack to {} bytes", total));
}

/// Reads the entry at the start of `bytes` and moves past it.
Entry take_entry(std::span<const std::byte>& bytes, const Location& location, const std::string& archive) {
  if (bytes.size() < kCentralSize || u32(bytes, 0) != kCentralSignature)
    refuse(archive, "its directory is malformed");
  const std::size_t name_size = u16(bytes, 28);
  const std::size_t extra_size = u16(bytes, 30);
  const std::size_t whole = kCentralSize + name_size + extra_size + u16(bytes, 32);
  if (whole > bytes.size()) refuse(archive, "its directory is malformed");
  std::string_view name(reinterpret_cast<const char*>(bytes.data()) + kCentralSize, name_size);

  Entry entry;
  entry.is_directory = name.ends_with('/');
  if (entry.is_directory) name.remove_suffix(1);
  check_name(name, archive);
  entry.member.name = name;
  const std::uint16_t flags = u16(bytes, 8);
  check_flags(flags, name, archive);
  entry.has_descriptor = (flags & 0x0008) != 0;
  const std::uint16_t method = u16(bytes, 10);
  if (method != 0 && method != 8)
    refuse_member(archive, name, format_text("it is compressed with an unknown method ({})", method));
  entry.member.deflated = method == 8;
  if (u16(bytes, 34) != 0) refuse(archive, "it is one part of several");
  entry.member.crc32 = u32(bytes, 16);
  Zip64Values values{u32(bytes, 24), u32(bytes, 20), u32(bytes, 42)};
  apply_extra(bytes.subspan(kCentralSize + name_size, extra_size), values, name, archive);
  entry.member.size = values.size;
  entry.member.compressed_size = values.compressed_size;
  entry.member.data_offset = values.local_offset;
  entry.member.executable = read_mode(u32(bytes, 38), entry, archive);
  check_sizes(entry, location, archive);
  bytes = bytes.subspan(whole);
  return entry;
}

/// Some writers add a member twice. This compares size and CRC; ZipArchive also compares the bytes.
void check_is_same(const ZipMember& first, const ZipMember& second, const std::string& archive) {
  if (first.size == second.size && first.crc32 == second.crc32) return;
  refuse_member(
      archive, second.name,
      format_text("it occurs twice, with different content ({} bytes with CRC {:08x}, and {} bytes with "
                  "CRC {:08x})",
                  first.size, first.crc32, second.size, second.crc32));
}

void check_parents(std::string_view name, const std::unordered_map<std::string_view, const ZipMember*>& files,
                   std::unordered_set<std::string_view>& known_directories, const std::string& archive) {
  for (std::size_t slash = name.rfind('/'); slash != std::string_view::npos;
       slash = name.rfind('/', slash - 1)) {
    const std::string_view parent = name.substr(0, slash);
    if (!known_directories.insert(parent).second) return;
    if (files.contains(parent)) refuse_member(archive, parent, "it is a file and a directory at once");
    if (slash == 0) return;
  }
}

}  // namespace

std::vector<Entry> read_directory(std::span<const std::byte> directory, const Location& location,
                                  const std::string& archive) {
  if (location.count > directory.size() / kCentralSize) refuse(archive, "its directory is cut off");
  std::vector<Entry> entries;
  entries.reserve(static_cast<std::size_t>(location.count));
  for (std::uint64_t i = 0; i < location.count; ++i)
    entries.push_back(take_entry(directory, location, archive));
  if (!directory.empty()) refuse(archive, "its directory holds more than it says");
  check_total(entries, location, archive);
  return entries;
}

void check_names(const std::vector<Entry>& entries, const std::string& archive) {
  std::unordered_map<std::string_view, const ZipMember*> files;
  std::unordered_set<std::string> folded;
  for (const Entry& entry : entries) {
    const std::string_view name = entry.member.name;
    if (entry.is_directory) continue;
    if (const auto [first, is_new] = files.emplace(name, &entry.member); !is_new) {
      check_is_same(*first->second, entry.member, archive);
      continue;
    }
    const std::string lower = to_lower(name);
    if (lower.substr(0, lower.find('/')).ends_with(".dist-info") && !folded.insert(lower).second)
      refuse_member(archive, name, "another member differs from it by letter case only");
  }
  std::unordered_set<std::string_view> known_directories;
  for (const Entry& entry : entries) {
    if (entry.is_directory && files.contains(entry.member.name))
      refuse_member(archive, entry.member.name, "it is a file and a directory at once");
    check_parents(entry.member.name, files, known_directories, archive);
  }
}

}  // namespace envstore::zip
