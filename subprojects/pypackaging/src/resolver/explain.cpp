#include "explain.h"

#include <algorithm>
#include <map>

namespace pypackaging::resolver {

namespace {

int order_of(Leaf::Kind kind) {
  return static_cast<int>(kind);
}

}  // namespace

Explanation::Explanation(const ResolveInput& input, Universe& universe, const Eligibility& eligibility,
                         const Search& search)
    : input_(input), universe_(universe), eligibility_(eligibility) {
  std::vector<CoreFact> facts;
  const auto said = [&search](FactId id) -> const Incompatibility& { return search.engine().fact(id); };
  for (const FactId id : leaf_facts_of(search.engine(), search.failure())) {
    CoreFact fact{search.leaves()[said(id).leaf], said(id).terms, std::nullopt};
    if (fact.leaf.kind != Leaf::Kind::exclusion)
      facts.push_back(std::move(fact));
    else
      for (CoreFact& part : split_exclusions(fact)) facts.push_back(std::move(part));
  }
  const auto earlier = [](const CoreFact& a, const CoreFact& b) {
    return order_of(a.leaf.kind) < order_of(b.leaf.kind);
  };
  std::stable_sort(facts.begin(), facts.end(), earlier);
  core_ = minimize(std::move(facts), [this](PackageId package) { return universe_.at(package).bits(); });
  std::stable_sort(core_.begin(), core_.end(), earlier);
}

std::vector<CoreFact> Explanation::split_exclusions(const CoreFact& fact) const {
  std::map<Exclusion, VersionSet> groups;
  const VersionSet& set = fact.terms.front().set;
  set.for_each([&](std::size_t bit) {
    const auto exclusion = eligibility_.exclusion(fact.leaf.package, bit);
    if (exclusion) groups.try_emplace(*exclusion, VersionSet::none(set.bits())).first->second.add(bit);
  });
  std::vector<CoreFact> parts;
  for (const auto& [exclusion, group] : groups)
    parts.push_back({fact.leaf, {{fact.leaf.package, group}}, exclusion});
  return parts;
}

std::vector<CoreFact> Explanation::told_facts() const {
  std::map<PackageId, VersionSet> excluded;
  for (const CoreFact& fact : core_) {
    if (!fact.exclusion) continue;
    const VersionSet& set = fact.terms.front().set;
    const auto [entry, is_new] = excluded.try_emplace(fact.leaf.package, set);
    if (!is_new) entry->second = entry->second | set;
  }
  std::vector<CoreFact> told;
  std::map<PackageId, VersionSet> still_needed;  // versions whose exclusion must be told
  for (CoreFact fact : core_) {
    if (fact.exclusion) continue;
    for (Term& term : fact.terms) {
      const auto found = excluded.find(term.package);
      if (found == excluded.end() || !term.set.has(VersionSet::kAbsent)) continue;
      const VersionSet allowed = term.set.complement();
      const VersionSet left = allowed.minus(found->second);
      if (!left.empty()) {
        term.set = left.complement();
        continue;
      }
      const auto [entry, is_new] = still_needed.try_emplace(term.package, allowed);
      if (!is_new) entry->second = entry->second | allowed;
    }
    told.push_back(std::move(fact));
  }
  for (CoreFact fact : core_) {
    if (!fact.exclusion) continue;
    const auto found = still_needed.find(fact.leaf.package);
    if (found == still_needed.end()) continue;
    fact.terms.front().set = fact.terms.front().set & found->second;
    if (!fact.terms.front().set.empty()) told.push_back(std::move(fact));
  }
  return told;
}

Conflict Explanation::write() const {
  Conflict conflict;
  const auto bits = [this](PackageId package) { return universe_.at(package).bits(); };
  std::vector<CoreFact> told = told_facts();
  std::optional<Proof> proof = refute(told, bits);
  if (!proof) {  // the shortened facts do not suffice: tell all
    told = core_;
    proof = refute(told, bits);
  }
  Wording wording(universe_, eligibility_);
  wording.learn(told);
  conflict.explanation = tell(*proof, told, wording);
  for (std::string& hint : hints())
    if (conflict.explanation.find(hint) == std::string::npos) conflict.hints.push_back(std::move(hint));
  for (std::size_t index = 0; index < conflict.hints.size(); ++index)
    conflict.explanation += (index == 0 ? "\n\n" : "\n") + ("hint: " + conflict.hints[index]);
  return conflict;
}

}  // namespace pypackaging::resolver
