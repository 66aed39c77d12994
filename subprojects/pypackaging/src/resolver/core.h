#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "eligibility.h"
#include "search.h"

namespace pypackaging::resolver {

/// A fact of an explanation: its meaning (`leaf`) and its terms.
struct CoreFact {
  Leaf leaf;
  std::vector<Term> terms;
  std::optional<Exclusion> exclusion;  ///< if `leaf` is an exclusion
};

/// A proof that facts contradict each other.
struct Proof {
  Engine engine;  ///< leaves are indices into the facts
  FactId failure = kNothing;
};

using PackageBits = std::function<std::size_t(PackageId)>;

/// A proof that `facts` cannot all hold, or nullopt if they can.
std::optional<Proof> refute(const std::vector<CoreFact>& facts, const PackageBits& bits);

/// The input facts on which a proof rests, in ascending order.
std::vector<FactId> leaf_facts_of(const Engine& engine, FactId failure);

/// A small set of facts that still contradict each other: facts that the proof does not need are dropped, and
/// similar dependencies of many versions are merged into one weaker fact. The work is bounded; beyond the
/// bound the result is correct but longer.
std::vector<CoreFact> minimize(std::vector<CoreFact> facts, const PackageBits& bits);

}  // namespace pypackaging::resolver
