#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "entry.h"

// Local headers, extra fields and data descriptors (APPNOTE 4.3.7, 4.3.9, 4.5).
namespace zip {

inline constexpr std::size_t kLocalHeaderSize = 30;

/// The values of a header, each replaced from its Zip64 extra field if it is 0xffffffff.
struct Zip64Values {
  std::uint64_t size = 0, compressed_size = 0, local_offset = 0;
};
/// Reads an extra field of `member`; throws if it is malformed, repeats Zip64, or renames the member (Unicode
/// path).
void apply_extra(std::span<const std::byte> extra, Zip64Values& values, const Member& member);

/// Checks the local header at the start of `bytes` against the directory's entry; returns the data's offset
/// in `bytes`.
std::uint64_t check_local_header(std::span<const std::byte> bytes, const Entry& entry);

/// Whether `bytes` are the data descriptor of `member`, and nothing else.
bool is_descriptor_of(std::span<const std::byte> bytes, const Member& member);

}  // namespace zip
