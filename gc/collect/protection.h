#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "gc/collect/plan.h"

namespace envstore {

struct Kept {
  KeptBy why;
  std::string detail;  ///< as in KeptSnapshot
};

/// What forbids deleting the snapshot, before any cap is considered: lease, root, grace or keep_last.
/// `newer`: how many snapshots were used after it. nullopt: nothing forbids it.
std::optional<Kept> protection_of(const CountedSnapshot& snapshot, std::size_t newer, const Census& census,
                                  const Policy& policy);

}  // namespace envstore
