#include "zip/tail.h"

#include <set>
#include <utility>

#include "bytes.h"
#include "directory.h"
#include "headers.h"
#include "inflate.h"

namespace zip {

std::optional<std::vector<Member>> read_tail(std::span<const std::byte> tail, std::uint64_t tail_offset,
                                             std::uint64_t file_size, std::uint64_t& needs_from) {
  if (tail_offset > file_size || tail.size() != file_size - tail_offset)
    refuse("the end of it that was received is not of the size that was announced");
  const auto location = locate_directory(tail, tail_offset, needs_from);
  if (!location) return std::nullopt;
  const auto directory = slice(tail, location->offset - tail_offset, location->end - tail_offset);
  std::vector<Member> members;
  std::set<std::string> names;  // duplicates have the same content
  for (Entry& entry : read_directory(directory, *location))
    if (!entry.is_directory && names.insert(entry.member.name).second)
      members.push_back(std::move(entry.member));
  return members;
}

std::uint64_t member_reach(const Member& member) {
  // The length of the local extra field is not known yet; real ones are far shorter than this.
  constexpr std::uint64_t kRoomForExtra = 512;
  return kLocalHeaderSize + member.name.size() + kRoomForExtra + member.compressed_size;
}

std::optional<std::string> read_member(std::span<const std::byte> from_header, const Member& member,
                                       std::uint64_t& needs_size) {
  if (from_header.size() < kLocalHeaderSize) {
    needs_size = member_reach(member);
    return std::nullopt;
  }
  const std::uint64_t header = kLocalHeaderSize + std::uint64_t{u16(from_header, 26)} + u16(from_header, 28);
  needs_size = header + member.compressed_size;
  if (from_header.size() < needs_size) return std::nullopt;
  const Entry entry{member, false, (u16(from_header, 6) & 0x0008) != 0};
  const std::uint64_t data = check_local_header(from_header, entry);
  std::string content(static_cast<std::size_t>(member.size), '\0');
  unpack(slice(from_header, data, data + member.compressed_size), member,
         std::as_writable_bytes(std::span(content)));
  return content;
}

}  // namespace zip
