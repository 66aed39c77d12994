#include "zip/archive.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "bytes.h"
#include "directory.h"
#include "headers.h"
#include "inflate.h"

namespace zip {
namespace {

/// Checks the part of the file that must be one member: header, data and descriptor. `part` begins at
/// `offset`; `member.data_offset` becomes that of the data.
void check_local_part(std::span<const std::byte> part, std::uint64_t offset, Entry& entry) {
  Member& member = entry.member;
  const std::uint64_t data = check_local_header(part, entry);
  if (member.compressed_size > part.size() - data) refuse(member, "it overlaps with another member");
  const auto behind = part.subspan(static_cast<std::size_t>(data + member.compressed_size));
  if (entry.has_descriptor ? !is_descriptor_of(behind, member) : !behind.empty())
    refuse(member, "there is unexplained data after it");
  member.data_offset = offset + data;
}

/// Checks that every byte before the directory belongs to exactly one member.
void check_local_parts(std::span<const std::byte> bytes, std::vector<Entry>& entries,
                       const Location& location) {
  std::vector<Entry*> by_offset;
  by_offset.reserve(entries.size());
  for (Entry& entry : entries) by_offset.push_back(&entry);
  std::sort(by_offset.begin(), by_offset.end(),
            [](const Entry* a, const Entry* b) { return a->member.data_offset < b->member.data_offset; });
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < by_offset.size(); ++i) {
    const Member& member = by_offset[i]->member;
    if (member.data_offset < expected) refuse(member, "it overlaps with another member");
    if (member.data_offset > expected) refuse(member, "there is unexplained data before it");
    const std::uint64_t end =
        i + 1 < by_offset.size() ? by_offset[i + 1]->member.data_offset : location.offset;
    if (end == expected) refuse(member, "it overlaps with another member");
    check_local_part(slice(bytes, expected, end), expected, *by_offset[i]);
    expected = end;
  }
  if (expected != location.offset) refuse("there is unexplained data before its directory");
}

}  // namespace

Archive::Archive(std::span<const std::byte> bytes) : bytes_(bytes) {
  std::uint64_t needs_from = 0;
  const std::optional<Location> location = locate_directory(bytes_, 0, needs_from);
  if (!location) refuse("it is not a whole ZIP archive");
  auto entries = read_directory(slice(bytes_, location->offset, location->end), *location);
  check_local_parts(bytes_, entries, *location);
  members_.reserve(entries.size());
  for (Entry& entry : entries)
    if (!entry.is_directory) members_.push_back(std::move(entry.member));
  std::stable_sort(members_.begin(), members_.end(),
                   [](const Member& a, const Member& b) { return a.name < b.name; });
  merge_repeated();
}

void Archive::merge_repeated() {
  const auto is_repeated = [this](const Member& first, const Member& second) {
    if (first.name != second.name) return false;
    if (!has_same_content(first, second)) refuse(second, "it occurs twice, with different content");
    repeated_.push_back(first.name);
    return true;
  };
  members_.erase(std::unique(members_.begin(), members_.end(), is_repeated), members_.end());
}

std::span<const std::byte> Archive::data_of(const Member& member) const {
  return slice(bytes_, member.data_offset, member.data_offset + member.compressed_size);
}

bool Archive::has_same_content(const Member& a, const Member& b) const {
  // Members that are compressed differently are unpacked for comparison: limit their size, because of bombs.
  constexpr std::uint64_t kLargestCompared = std::uint64_t{1} << 28;
  if (a.size != b.size || a.crc32 != b.crc32) return false;
  const auto x = data_of(a), y = data_of(b);
  if (a.deflated == b.deflated && std::equal(x.begin(), x.end(), y.begin(), y.end())) return true;
  return a.size <= kLargestCompared && read(a) == read(b);
}

const Member* Archive::find(std::string_view name) const {
  const auto found =
      std::lower_bound(members_.begin(), members_.end(), name,
                       [](const Member& member, std::string_view wanted) { return member.name < wanted; });
  return found != members_.end() && found->name == name ? &*found : nullptr;
}

std::string Archive::read(const Member& member) const {
  std::string content(static_cast<std::size_t>(member.size), '\0');
  read_into(member, std::as_writable_bytes(std::span(content)));
  return content;
}

void Archive::read_into(const Member& member, std::span<std::byte> out) const {
  if (out.size() != member.size) throw std::logic_error("read_into: the buffer is not of the member's size");
  unpack(data_of(member), member, out);
}

}  // namespace zip
