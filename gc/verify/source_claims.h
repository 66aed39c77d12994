#pragma once
#include <array>
#include <cstdint>
#include <mutex>
#include <set>
#include <span>
#include <vector>

#include "store/platform/digest.h"
#include "store/snapshots/derived_files.h"

namespace envstore {

/// What derived files claim about the hashes of their sources. Claims are checked where the sources'
/// bytes are read anyway, so that full verification reads each source once, not twice.
class SourceClaims {
 public:
  /// `derived` must outlive it.
  explicit SourceClaims(const DerivedFiles& derived) : derived_(derived) {}
  /// Claims that the source has this hash, as this maker computes it; `owner` is a number chosen by the
  /// caller. Thread-safe.
  void add(const BlobId& source, std::uint32_t maker, std::uint64_t hash, std::uint32_t owner);
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
    std::uint32_t maker = 0, owner = 0;
    bool is_right = false;
  };
  const DerivedFiles& derived_;
  std::mutex mutex_;                            ///< protects `claims_` while claims are added
  std::array<std::vector<Claim>, 256> claims_;  ///< by the first byte of the source
};

}  // namespace envstore
