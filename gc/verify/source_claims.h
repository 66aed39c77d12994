#pragma once
#include <array>
#include <cstdint>
#include <mutex>
#include <set>
#include <span>
#include <vector>

#include "store/platform/digest.h"

namespace envstore {

/// What bytecode claims about the hashes of its sources (PEP 552). Claims are checked where the sources'
/// bytes are read anyway, so that full verification reads each source once, not twice.
class SourceClaims {
 public:
  /// Claims that the source has this hash under this magic number; `owner` is a number chosen by the caller.
  /// Thread-safe.
  void add(const BlobId& source, std::uint32_t magic, std::uint64_t hash, std::uint32_t owner);
  /// To be called after the last `add` and before the first `check`.
  void sort();
  /// Checks the claims about a source against its bytes. Thread-safe for sources whose ids begin with
  /// different bytes.
  void check(const BlobId& source, std::span<const std::byte> bytes);
  /// The owners of claims that are wrong or whose source was never checked.
  std::set<std::uint32_t> unsettled_owners() const;

 private:
  struct Claim {
    BlobId source;
    std::uint64_t hash = 0;
    std::uint32_t magic = 0, owner = 0;
    bool is_right = false;
  };
  std::mutex mutex_;                            ///< protects `claims_` while claims are added
  std::array<std::vector<Claim>, 256> claims_;  ///< by the first byte of the source
};

}  // namespace envstore
