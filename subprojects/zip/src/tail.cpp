#include <set>
#include <stdexcept>

#include "python/wheel/zip_format.h"

namespace envstore {

std::optional<TailDirectory> read_zip_tail(std::span<const std::byte> tail, std::uint64_t tail_offset,
                                           std::uint64_t file_size, std::uint64_t& needs_from,
                                           const std::string& name_for_errors) {
  if (tail_offset > file_size || tail.size() != file_size - tail_offset)
    zip::refuse(name_for_errors, "the end of it that was received is not of the size that was announced");
  const auto location = zip::locate_directory(tail, tail_offset, needs_from, name_for_errors);
  if (!location) return std::nullopt;
  const auto directory = tail.subspan(static_cast<std::size_t>(location->offset - tail_offset),
                                      static_cast<std::size_t>(location->end - location->offset));
  auto entries = zip::read_directory(directory, *location, name_for_errors);
  zip::check_names(entries, name_for_errors);
  TailDirectory result;
  std::set<std::string> names;  // duplicates have the same content
  for (zip::Entry& entry : entries)
    if (!entry.is_directory && names.insert(entry.member.name).second)
      result.members.push_back(std::move(entry.member));
  return result;
}

std::uint64_t zip_member_reach(const ZipMember& member) {
  // The length of the local extra field is not known yet; real ones are far shorter than this.
  constexpr std::uint64_t kRoomForExtra = 512;
  return zip::kLocalHeaderSize + member.name.size() + kRoomForExtra + member.compressed_size;
}

std::optional<std::string> read_zip_member(std::span<const std::byte> from_header, const ZipMember& member,
                                           std::uint64_t& needs_size, const std::string& name_for_errors) {
  if (from_header.size() < zip::kLocalHeaderSize) {
    needs_size = zip_member_reach(member);
    return std::nullopt;
  }
  const std::uint64_t header =
      zip::kLocalHeaderSize + std::uint64_t{zip::u16(from_header, 26)} + zip::u16(from_header, 28);
  needs_size = header + member.compressed_size;
  if (from_header.size() < needs_size) return std::nullopt;
  zip::Entry entry{member, false, (zip::u16(from_header, 6) & 0x0008) != 0};
  const std::uint64_t data = zip::check_local_header(from_header, entry, name_for_errors);
  std::string content(static_cast<std::size_t>(member.size), '\0');
  zip::unpack(
      from_header.subspan(static_cast<std::size_t>(data), static_cast<std::size_t>(member.compressed_size)),
      member, std::as_writable_bytes(std::span(content)), name_for_errors);
  return content;
}

}  // namespace envstore
