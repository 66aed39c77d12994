#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

// The records at the end of an archive (APPNOTE 4.3.14 to 4.3.16).
namespace zip {

/// The central directory, in absolute offsets. It ends exactly at `end`, where the end records begin.
struct Location {
  std::uint64_t offset = 0, end = 0, count = 0;
};

/// Reads the end records. `tail` is the file from `tail_offset` to its end. nullopt: `tail` is too short and
/// must begin at `needs_from`.
std::optional<Location> locate_directory(std::span<const std::byte> tail, std::uint64_t tail_offset,
                                         std::uint64_t& needs_from);

}  // namespace zip
