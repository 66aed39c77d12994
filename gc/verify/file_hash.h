#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "store/platform/digest.h"

namespace envstore {

struct ContentHash {
  std::uint64_t size = 0;
  Fingerprint fingerprint;
  BlobId blob;                       ///< only with WithSha256::yes
  std::span<const std::byte> whole;  ///< all bytes, of a file of less than kHashedAtOnce: until the next call
};
inline constexpr std::size_t kHashedAtOnce = std::size_t{1} << 20;
enum class WithSha256 { no, yes };

/// Hashes an open file from its beginning, whatever its size, through one buffer a thread. nullopt: it cannot
/// be read, and errno says why. `size`: what fstat told; a read that ends there short of what it asked for is
/// known to be the last.
std::optional<ContentHash> hash_content(int fd, WithSha256 with_sha256,
                                        std::optional<std::uint64_t> size = std::nullopt);

}  // namespace envstore
