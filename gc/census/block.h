#pragma once
#include <algorithm>
#include <cstdint>

namespace envstore {

inline constexpr std::uint64_t kBlock = 4096;

/// The space that a file of this size takes on most filesystems: whole blocks of 4 KiB.
inline std::uint64_t on_disk(std::uint64_t size) {
  constexpr std::uint64_t kLargest = ~std::uint64_t{0} - kBlock;
  return (std::min(size, kLargest) + kBlock - 1) / kBlock * kBlock;
}

}  // namespace envstore
