#pragma once
#include <array>
#include <cstdint>
#include <mutex>
#include <set>
#include <span>
#include <vector>

#include "store/platform/digest.h"

namespace envstore {

/// What bytecode says of its sources (PEP 552), to be held against the sources' bytes where these are read
/// anyway: full verification reads them once then, not twice.
class SourceClaims {
 public:
  /// That the source has this hash under this magic number; `owner` is a number of the caller's. Thread-safe.
  void add(const BlobId& source, std::uint32_t magic, std::uint64_t hash, std::uint32_t owner);
  /// After the last `add`, before the first `check`.
  void sort();
  /// These are the source's bytes. Thread-safe for sources whose ids begin with different bytes.
  void check(const BlobId& source, std::span<const std::byte> bytes);
  /// Who made a claim that is wrong, or whose source was never checked.
  std::set<std::uint32_t> unsettled_owners() const;

 private:
  struct Claim {
    BlobId source;
    std::uint64_t hash = 0;
    std::uint32_t magic = 0, owner = 0;
    bool is_right = false;
  };
  std::mutex mutex_;                            ///< protects `claims_` while they are added
  std::array<std::vector<Claim>, 256> claims_;  ///< by the first byte of the source
};

}  // namespace envstore
