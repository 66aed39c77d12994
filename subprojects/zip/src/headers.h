#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "python/wheel/wheel.h"

/// The ZIP structures (PKWARE APPNOTE 6.3, sections 4.3 to 4.5) as far as wheels may use them. Internal to
/// this folder.
namespace envstore::zip {

inline constexpr std::size_t kLocalHeaderSize = 30;

/// The central directory, in absolute offsets. It ends exactly at `end`, where the end records begin.
struct Location {
  std::uint64_t offset = 0, end = 0, count = 0;
};

struct Entry {
  ZipMember member;  ///< data_offset is that of the local header
  bool is_directory = false;
  bool has_descriptor = false;  ///< sizes and CRC follow the data (flag bit 3)
};

/// Little-endian numbers of a byte range; the caller has checked the bounds.
std::uint16_t u16(std::span<const std::byte> bytes, std::size_t at);
std::uint32_t u32(std::span<const std::byte> bytes, std::size_t at);
std::uint64_t u64(std::span<const std::byte> bytes, std::size_t at);

[[noreturn]] void refuse(const std::string& archive, std::string_view reason);
[[noreturn]] void refuse_member(const std::string& archive, std::string_view member, std::string_view reason);

/// Reads the end records. `tail` is the file from `tail_offset` to its end. nullopt: `tail` is too short.
std::optional<Location> locate_directory(std::span<const std::byte> tail, std::uint64_t tail_offset,
                                         std::uint64_t& needs_from, const std::string& archive);

/// Reads all entries and checks what the directory alone reveals: names, types, methods, sizes, but not the
/// order. `directory` is the range [location.offset, location.end).
std::vector<Entry> read_directory(std::span<const std::byte> directory, const Location& location,
                                  const std::string& archive);

/// The values of a header, each replaced from its Zip64 extra field if it is 0xffffffff.
struct Zip64Values {
  std::uint64_t size = 0, compressed_size = 0, local_offset = 0;
};
/// Reads an extra field; throws if it is malformed, repeats Zip64, or renames the member (Unicode path).
void apply_extra(std::span<const std::byte> extra, Zip64Values& values, std::string_view member,
                 const std::string& archive);

/// Checks the local header at the start of `bytes` against the directory's entry; returns the data's offset
/// in `bytes`.
std::uint64_t check_local_header(std::span<const std::byte> bytes, const Entry& entry,
                                 const std::string& archive);

/// Unpacks the data of a member; checks that all input is used, the size and the CRC.
void unpack(std::span<const std::byte> data, const ZipMember& member, std::span<std::byte> out,
            const std::string& archive);

/// Refuses names that occur twice with different size or CRC, that are both file and directory, or that
/// differ only by letter case in a dist-info directory.
void check_names(const std::vector<Entry>& entries, const std::string& archive);

}  // namespace envstore::zip
