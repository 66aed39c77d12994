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
  BlobId blob;  ///< only with WithSha256::yes
  /// All bytes of a file smaller than kHashedAtOnce; valid until this thread's next call.
  std::span<const std::byte> whole;
};
inline constexpr std::size_t kHashedAtOnce = std::size_t{1} << 20;
enum class WithSha256 { no, yes };

/// Hashes an open file of any size from its beginning, through one buffer per thread. nullopt: the file
/// cannot be read, and errno is set. `size`: the file's size from fstat; a read that ends there and is
/// shorter than requested is then taken as the last one.
std::optional<ContentHash> hash_content(int fd, WithSha256 with_sha256,
                                        std::optional<std::uint64_t> size = std::nullopt);

}  // namespace envstore
