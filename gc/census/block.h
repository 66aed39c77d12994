#pragma once
#include <algorithm>
#include <cstdint>

namespace envstore {

inline constexpr std::uint64_t kBlock = 4096;

/// What a file of this size takes, as most filesystems have it.
inline std::uint64_t on_disk(std::uint64_t size) {
  constexpr std::uint64_t kLargest = ~std::uint64_t{0} - kBlock;
  return (std::min(size, kLargest) + kBlock - 1) / kBlock * kBlock;
}

}  // namespace envstore
