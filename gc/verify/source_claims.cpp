#include "gc/verify/source_claims.h"

#include <algorithm>

namespace envstore {

void SourceClaims::add(const BlobId& source, std::uint32_t maker, std::uint64_t hash, std::uint32_t owner) {
  const std::lock_guard guard(mutex_);
  claims_[source.bytes[0]].push_back({source, hash, maker, owner});
}

void SourceClaims::sort() {
  for (auto& claims : claims_)
    std::sort(claims.begin(), claims.end(),
              [](const Claim& a, const Claim& b) { return a.source < b.source; });
}

void SourceClaims::check(const BlobId& source, std::span<const std::byte> bytes) {
  std::vector<Claim>& claims = claims_[source.bytes[0]];
  auto claim = std::lower_bound(claims.begin(), claims.end(), source,
                                [](const Claim& one, const BlobId& wanted) { return one.source < wanted; });
  for (const Claim* checked = nullptr; claim != claims.end() && claim->source == source; ++claim) {
    const bool is_same = checked != nullptr && checked->maker == claim->maker && checked->hash == claim->hash;
    claim->is_right = is_same ? checked->is_right : derived_.is_hash(claim->hash, claim->maker, bytes);
    checked = &*claim;
  }
}

std::set<std::uint32_t> SourceClaims::unsettled_owners() const {
  std::set<std::uint32_t> owners;
  for (const auto& claims : claims_)
    for (const Claim& claim : claims)
      if (!claim.is_right) owners.insert(claim.owner);
  return owners;
}

}  // namespace envstore
