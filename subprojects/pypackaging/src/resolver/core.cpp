#include "core.h"

#include <algorithm>
#include <map>
#include <set>

namespace pypackaging::resolver {

namespace {

// Limits the number of refutations, so that an explanation does not take longer than the search.
constexpr int kMostTrials = 400;

void declare_packages(Engine& engine, const std::vector<CoreFact>& facts, const PackageBits& bits) {
  for (const CoreFact& fact : facts)
    for (const Term& term : fact.terms)
      if (!engine.has_package(term.package)) engine.add_package(term.package, bits(term.package));
}

std::optional<PackageId> undecided(const Engine& engine) {
  for (PackageId package = 0; package < engine.package_count(); ++package)
    if (engine.has_package(package) && engine.decision(package) == 0 && engine.is_required(package))
      return package;
  return std::nullopt;
}

class Minimizer {
 public:
  Minimizer(std::vector<CoreFact> facts, const PackageBits& bits) : facts_(std::move(facts)), bits_(bits) {}

  std::vector<CoreFact> run() {
    shrink(facts_);
    merge_dependents();
    for (std::size_t chunk = facts_.size() / 2; chunk > 0; chunk /= 2) drop_chunks(chunk);
    return std::move(facts_);
  }

 private:
  /// If `candidate` is contradictory, replaces the facts by those that its proof uses. False if it is not, or
  /// beyond the limit.
  bool shrink(std::vector<CoreFact> candidate) {
    if (++trials_ > kMostTrials) return false;
    const std::optional<Proof> proof = refute(candidate, bits_);
    if (!proof) return false;
    std::vector<CoreFact> used;
    for (const FactId id : leaf_facts_of(proof->engine, proof->failure))
      used.push_back(std::move(candidate[proof->engine.fact(id).leaf]));
    facts_ = std::move(used);
    return true;
  }

  void drop_chunks(std::size_t chunk) {
    // From the end: the facts found last are furthest from the user's requirements.
    for (std::size_t end = facts_.size(); end > 0;) {
      const std::size_t begin = end > chunk ? end - chunk : 0;
      std::vector<CoreFact> rest;
      for (std::size_t index = 0; index < facts_.size(); ++index)
        if (index < begin || index >= end) rest.push_back(facts_[index]);
      end = shrink(std::move(rest)) ? std::min(begin, facts_.size()) : begin;
    }
  }

  using Group = std::tuple<PackageId, PackageId, PackageId>;

  static Group group_of(const CoreFact& fact) {
    return {fact.leaf.package, fact.leaf.extra, fact.leaf.target};
  }

  void merge_dependents() {
    std::map<Group, int> sizes;
    for (const CoreFact& fact : facts_)
      if (fact.leaf.kind == Leaf::Kind::dependency) ++sizes[group_of(fact)];
    for (const auto& [group, size] : sizes)
      if (size > 1) merge_group(group);
  }

  void merge_group(const Group& group) {
    std::vector<CoreFact> rest;
    std::optional<CoreFact> merged;
    for (const CoreFact& fact : facts_) {
      if (fact.leaf.kind != Leaf::Kind::dependency || group_of(fact) != group)
        rest.push_back(fact);
      else if (!merged)
        merged = fact;
      else if (!weaken(*merged, fact))
        return;
    }
    if (!merged) return;
    rest.push_back(std::move(*merged));
    shrink(std::move(rest));
  }

  /// Weakens `merged` to cover `other`: each of the versions of A needs one of the versions of B that any of
  /// them accepts.
  static bool weaken(CoreFact& merged, const CoreFact& other) {
    const Leaf& leaf = merged.leaf;
    if (merged.terms.size() != other.terms.size() || leaf.package == leaf.target) return false;
    for (std::size_t index = 0; index < merged.terms.size(); ++index) {
      Term& term = merged.terms[index];
      const Term& more = other.terms[index];
      if (term.package != more.package) return false;
      if (term.package == leaf.package) term.set = term.set | more.set;
      if (term.package == leaf.target) {
        if (!(term.set == more.set)) merged.leaf.requirement = nullptr;
        term.set = term.set & more.set;
      }
    }
    return true;
  }

  std::vector<CoreFact> facts_;
  const PackageBits& bits_;
  int trials_ = 0;
};

}  // namespace

std::optional<Proof> refute(const std::vector<CoreFact>& facts, const PackageBits& bits) {
  Proof proof;
  Engine& engine = proof.engine;
  declare_packages(engine, facts, bits);
  for (std::uint32_t index = 0; index < facts.size(); ++index) engine.add(facts[index].terms, index);
  std::optional<FactId> failure = engine.propagate_all();
  while (!failure) {
    const std::optional<PackageId> package = undecided(engine);
    if (!package) return std::nullopt;
    engine.decide(*package, engine.current(*package).highest());
    failure = engine.propagate(*package);
  }
  proof.failure = *failure;
  return proof;
}

std::vector<FactId> leaf_facts_of(const Engine& engine, FactId failure) {
  std::set<FactId> seen;
  std::vector<FactId> leaves;
  std::vector<FactId> open{failure};
  while (!open.empty()) {
    const FactId id = open.back();
    open.pop_back();
    if (!seen.insert(id).second) continue;
    const Incompatibility& fact = engine.fact(id);
    if (fact.is_leaf())
      leaves.push_back(id);
    else
      open.insert(open.end(), {fact.left, fact.right});
  }
  std::sort(leaves.begin(), leaves.end());
  return leaves;
}

std::vector<CoreFact> minimize(std::vector<CoreFact> facts, const PackageBits& bits) {
  return Minimizer(std::move(facts), bits).run();
}

}  // namespace pypackaging::resolver
