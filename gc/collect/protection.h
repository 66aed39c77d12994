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

/// What forbids to remove it, before any cap is looked at: lease, root, grace or keep_last. `newer`: how many
/// snapshots were used after it. nullopt: nothing.
std::optional<Kept> protection_of(const CountedSnapshot& snapshot, std::size_t newer, const Census& census,
                                  const Policy& policy);

}  // namespace envstore
