#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <new>

#include "python/wheel/zip_format.h"
#include "store/platform/error.h"

namespace envstore {
namespace zip {
namespace {

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
};

/// One per thread: creating one costs more than inflating a small member.
libdeflate_decompressor& decompressor() {
  thread_local const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> own(
      libdeflate_alloc_decompressor());
  if (!own) throw std::bad_alloc();
  return *own;
}

/// A data descriptor has an optional signature and 32- or 64-bit sizes: its length tells which.
bool is_descriptor_of(std::span<const std::byte> bytes, const ZipMember& member) {
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

/// Checks that every byte before the directory belongs to exactly one member: header, data or descriptor.
void check_local_parts(std::span<const std::byte> bytes, std::vector<Entry>& entries,
                       const Location& location, const std::string& archive) {
  std::vector<Entry*> by_offset;
  by_offset.reserve(entries.size());
  for (Entry& entry : entries) by_offset.push_back(&entry);
  std::sort(by_offset.begin(), by_offset.end(),
            [](const Entry* a, const Entry* b) { return a->member.data_offset < b->member.data_offset; });
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < by_offset.size(); ++i) {
    ZipMember& member = by_offset[i]->member;
    if (member.data_offset < expected) refuse_member(archive, member.name, "it overlaps with another member");
    if (member.data_offset > expected)
      refuse_member(archive, member.name, "there is unexplained data before it");
    const std::uint64_t end =
        i + 1 < by_offset.size() ? by_offset[i + 1]->member.data_offset : location.offset;
    if (end == expected) refuse_member(archive, member.name, "it overlaps with another member");
    const auto whole =
        bytes.subspan(static_cast<std::size_t>(expected), static_cast<std::size_t>(end - expected));
    const std::uint64_t data = check_local_header(whole, *by_offset[i], archive);
    if (member.compressed_size > whole.size() - data)
      refuse_member(archive, member.name, "it overlaps with another member");
    const auto behind = whole.subspan(static_cast<std::size_t>(data + member.compressed_size));
    if (by_offset[i]->has_descriptor ? !is_descriptor_of(behind, member) : !behind.empty())
      refuse_member(archive, member.name, "there is unexplained data behind it");
    member.data_offset = expected + data;
    expected = end;
  }
  if (expected != location.offset) refuse(archive, "there is unexplained data before its directory");
}

}  // namespace

void unpack(std::span<const std::byte> data, const ZipMember& member, std::span<std::byte> out,
            const std::string& archive) {
  if (!member.deflated) {
    std::copy(data.begin(), data.end(), out.begin());
  } else {
    // libdeflate accepts no null pointer for an empty output.
    std::byte nothing{};
    std::byte* const target = out.empty() ? &nothing : out.data();
    std::size_t used = 0;
    const libdeflate_result result = libdeflate_deflate_decompress_ex(
        &decompressor(), data.data(), data.size(), target, out.size(), &used, nullptr);
    if (result != LIBDEFLATE_SUCCESS || used != data.size())
      refuse_member(archive, member.name,
                    "its compressed data is damaged, or not of the size that it declares");
  }
  if (libdeflate_crc32(0, out.data(), out.size()) != member.crc32)
    refuse_member(archive, member.name, "its CRC is wrong: it is damaged");
}

}  // namespace zip

ZipArchive::ZipArchive(std::span<const std::byte> bytes, std::string name_for_errors)
    : bytes_(bytes), name_(std::move(name_for_errors)) {
  std::uint64_t needs_from = 0;
  const std::optional<zip::Location> location = zip::locate_directory(bytes_, 0, needs_from, name_);
  if (!location) zip::refuse(name_, "it is not a whole ZIP archive");
  auto entries =
      zip::read_directory(bytes_.subspan(static_cast<std::size_t>(location->offset),
                                         static_cast<std::size_t>(location->end - location->offset)),
                          *location, name_);
  zip::check_names(entries, name_);
  zip::check_local_parts(bytes_, entries, *location, name_);
  members_.reserve(entries.size());
  for (zip::Entry& entry : entries)
    if (!entry.is_directory) members_.push_back(std::move(entry.member));
  std::stable_sort(members_.begin(), members_.end(),
                   [](const ZipMember& a, const ZipMember& b) { return a.name < b.name; });
  merge_repeated();
}

void ZipArchive::merge_repeated() {
  const auto is_repeated = [this](const ZipMember& first, const ZipMember& second) {
    if (first.name != second.name) return false;
    if (!has_same_content(first, second))
      zip::refuse_member(name_, second.name, "it occurs twice, with different content");
    repeated_.push_back(first.name);
    return true;
  };
  members_.erase(std::unique(members_.begin(), members_.end(), is_repeated), members_.end());
}

bool ZipArchive::has_same_content(const ZipMember& a, const ZipMember& b) const {
  // Members that are compressed differently are unpacked for comparison: limit their size, because of bombs.
  constexpr std::uint64_t kLargestCompared = std::uint64_t{1} << 28;
  if (a.size != b.size || a.crc32 != b.crc32) return false;
  const auto data_of = [this](const ZipMember& member) {
    return bytes_.subspan(static_cast<std::size_t>(member.data_offset),
                          static_cast<std::size_t>(member.compressed_size));
  };
  const auto x = data_of(a), y = data_of(b);
  if (a.deflated == b.deflated && std::equal(x.begin(), x.end(), y.begin(), y.end())) return true;
  return a.size <= kLargestCompared && read(a) == read(b);
}

const ZipMember* ZipArchive::find(std::string_view name) const {
  const auto found =
      std::lower_bound(members_.begin(), members_.end(), name,
                       [](const ZipMember& member, std::string_view wanted) { return member.name < wanted; });
  return found != members_.end() && found->name == name ? &*found : nullptr;
}

std::string ZipArchive::read(const ZipMember& member) const {
  std::string content(static_cast<std::size_t>(member.size), '\0');
  read_into(member, std::as_writable_bytes(std::span(content)));
  return content;
}

void ZipArchive::read_into(const ZipMember& member, std::span<std::byte> out) const {
  if (out.size() != member.size) throw std::logic_error("read_into: the buffer is not of the member's size");
  const auto data = bytes_.subspan(static_cast<std::size_t>(member.data_offset),
                                   static_cast<std::size_t>(member.compressed_size));
  zip::unpack(data, member, out, name_);
}

}  // namespace envstore
