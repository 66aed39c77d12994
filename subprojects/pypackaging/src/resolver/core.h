#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "eligibility.h"
#include "search.h"

namespace pypackaging::resolver {

/// A fact of an explanation: what it says, and what it means.
struct CoreFact {
  Leaf leaf;
  std::vector<Term> terms;
  std::optional<Exclusion> exclusion;  ///< of an exclusion
};

/// A proof that facts contradict each other.
struct Proof {
  Engine engine;  ///< leaves are indices into the facts
  FactId failure = kNothing;
};

using PackageBits = std::function<std::size_t(PackageId)>;

/// A proof that `facts` cannot all hold, or nothing when they can.
std::optional<Proof> refute(const std::vector<CoreFact>& facts, const PackageBits& bits);

/// The facts from outside on which a proof rests, ascending.
std::vector<FactId> leaf_facts_of(const Engine& engine, FactId failure);

/// Few facts that still contradict each other: what the search came across on its way but did not need is
/// left out, and what many versions say in slightly different words becomes one fact that says less. The work
/// is bounded; beyond the bound the answer is right but longer.
std::vector<CoreFact> minimize(std::vector<CoreFact> facts, const PackageBits& bits);

}  // namespace pypackaging::resolver
