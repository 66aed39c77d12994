#pragma once
#include <optional>
#include <string>

#include "store/digest.h"

namespace envstore {

struct ContentHash {
  std::uint64_t size = 0;
  Fingerprint fingerprint;
  BlobId blob;  ///< only with WithSha256::yes
};
enum class WithSha256 { no, yes };

/// Hashes an open file from its beginning, whatever its size, through one buffer a thread. nullopt: it cannot
/// be read, and errno says why.
std::optional<ContentHash> hash_content(int fd, WithSha256 with_sha256);

}  // namespace envstore
