#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace zip {

// Little-endian numbers of a byte range; the caller has checked the bounds.

inline std::uint16_t u16(std::span<const std::byte> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) |
                                    (std::to_integer<unsigned>(bytes[at + 1]) << 8));
}
inline std::uint32_t u32(std::span<const std::byte> bytes, std::size_t at) {
  return std::uint32_t{u16(bytes, at)} | (std::uint32_t{u16(bytes, at + 2)} << 16);
}
inline std::uint64_t u64(std::span<const std::byte> bytes, std::size_t at) {
  return std::uint64_t{u32(bytes, at)} | (std::uint64_t{u32(bytes, at + 4)} << 32);
}

/// The range [first, last), which the caller has checked to lie in `bytes`.
inline std::span<const std::byte> slice(std::span<const std::byte> bytes, std::uint64_t first,
                                        std::uint64_t last) {
  return bytes.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first));
}

}  // namespace zip
