#include <algorithm>
#include <tuple>

#include "search.h"

namespace pypackaging::resolver {

namespace {

/// "The package is not selected, or not in `allowed`."
VersionSet unmet(const VersionSet& allowed) {
  return allowed.complement();
}

VersionSet selected_only(std::size_t bits) {
  VersionSet set = VersionSet::all(bits);
  set.remove(VersionSet::kAbsent);
  return set;
}

}  // namespace

void Search::request_needs(const std::vector<Need>& needs) {
  for (const Need& need : needs)
    if (!need.requirement->url) universe_.prefetch(need.requirement->normalized_name);
}

bool Search::offer_urls(const std::vector<Need>& needs) {
  bool consistent = true;
  for (const Need& need : needs) {
    const Requirement& requirement = *need.requirement;
    if (!requirement.url) continue;
    const bool met = universe_.is_loaded(requirement.normalized_name);
    // The number of a package's candidates is fixed during a search.
    if (universe_.offer_url(requirement.normalized_name, *requirement.url) && met) consistent = false;
  }
  return consistent;
}

PackageId Search::meet(const std::string& name) {
  const PackageId package = universe_.package(name);
  if (engine_.has_package(package)) return package;
  const std::size_t size = std::max<std::size_t>(universe_.size(), effort_.size());
  exclusion_fact_.resize(size, kNothing);
  last_resort_.resize(size);
  tiers_.resize(size);
  preference_.resize(size, 0);
  effort_.resize(size);
  engine_.add_package(package, universe_.at(package).bits());
  met_.push_back(package);
  last_resort_[package] = eligibility_.last_resort(package);
  tiers_[package] = eligibility_.tiers(package);
  preference_[package] = eligibility_.preference(package);
  state_exclusions(package);
  state_constraints(package);
  return package;
}

PackageId Search::meet_extra(PackageId base, const std::string& name) {
  const PackageId extra = universe_.extra(base, name);
  if (engine_.has_package(extra)) return extra;
  effort_.resize(std::max<std::size_t>(universe_.size(), effort_.size()));
  engine_.add_package(extra, universe_.at(extra).bits());
  met_.push_back(extra);
  return extra;
}

void Search::state_exclusions(PackageId package) {
  const VersionSet excluded = eligibility_.excluded(package);
  if (excluded.empty()) return;
  FactId& fact = exclusion_fact_[package];
  if (fact != kNothing) engine_.retire(fact);
  leaves_.push_back({Leaf::Kind::exclusion, package});
  fact = engine_.add({{package, excluded}}, static_cast<std::uint32_t>(leaves_.size() - 1));
}

void Search::state_constraints(PackageId package) {
  const auto found = constraints_.find(universe_.at(package).name);
  if (found == constraints_.end()) return;
  for (const Requirement* constraint : found->second) {
    VersionSet outside = eligibility_.allowed(package, *constraint).complement();
    outside.remove(VersionSet::kAbsent);
    if (outside.empty()) continue;
    leaves_.push_back({Leaf::Kind::constraint, package, kNothing, package, constraint});
    engine_.add({{package, outside}}, static_cast<std::uint32_t>(leaves_.size() - 1));
  }
}

bool Search::state_user_facts(const std::vector<Need>& requirements,
                              const std::vector<const Requirement*>& constraints) {
  std::vector<Need> constraint_needs;
  for (const Requirement* constraint : constraints) {
    constraint_needs.push_back({constraint, false});
    constraints_[constraint->normalized_name].push_back(constraint);
  }
  if (!offer_urls(requirements) || !offer_urls(constraint_needs)) return false;
  request_needs(requirements);
  for (const Need& need : requirements)
    if (!state_need(kNothing, kNothing, 0, need)) return false;
  return true;
}

bool Search::state_needs(PackageId package, PackageId extra, std::size_t candidate,
                         const std::vector<Need>& needs) {
  if (!stated_.insert({package, extra, candidate}).second) return true;
  if (!offer_urls(needs)) return false;
  request_needs(needs);
  for (const Need& need : needs)
    if (!state_need(package, extra, candidate, need)) return false;
  return true;
}

bool Search::state_need(PackageId package, PackageId extra, std::size_t candidate, const Need& need) {
  const Requirement& requirement = *need.requirement;
  const PackageId target = meet(requirement.normalized_name);
  if (package != kNothing && eligibility_.note_dependency(target, requirement)) return false;
  Leaf leaf{package == kNothing ? Leaf::Kind::requirement : Leaf::Kind::dependency,
            package,
            extra,
            target,
            &requirement,
            need.overridden};
  const auto note = [&](FactId fact) {
    if (fact != kNothing) fresh_.push_back(fact);
  };
  note(state_dependency(leaf, candidate, {target, unmet(eligibility_.allowed(target, requirement))}));
  for (const std::string& name : requirement.extras) {
    const PackageId wanted = meet_extra(target, name);
    leaf.target = wanted;
    note(state_dependency(leaf, candidate, {wanted, VersionSet::single(2, VersionSet::kAbsent)}));
  }
  return true;
}

FactId Search::state_dependency(const Leaf& leaf, std::size_t candidate, Term wanted) {
  std::vector<Term> terms;
  terms.reserve(3);
  std::size_t key = wanted.set.hash() * 31 + wanted.package;
  if (leaf.package != kNothing) {
    terms.push_back({leaf.package, VersionSet::single(universe_.at(leaf.package).bits(), candidate)});
    key = (key * 31 + leaf.package) * 31 + leaf.extra;
  }
  if (leaf.extra != kNothing) terms.push_back({leaf.extra, selected_only(2)});
  // All versions with the same need share one fact, which rules them out together.
  if (leaf.package != kNothing && leaf.package != wanted.package)
    for (FactId& known : dependency_facts_[key]) {
      const Incompatibility& fact = engine_.fact(known);
      const Leaf& other = leaves_[fact.leaf];
      if (other.package != leaf.package || other.extra != leaf.extra || other.target != leaf.target) continue;
      const auto same = [&](const Term& term) {
        return term.package == wanted.package && term.set == wanted.set;
      };
      if (!wanted.set.full() && std::none_of(fact.terms.begin(), fact.terms.end(), same)) continue;
      for (const Term& term : fact.terms)
        if (term.package == leaf.package) terms.front().set = terms.front().set | term.set;
      const std::uint32_t said = fact.leaf;
      engine_.retire(known);
      terms.push_back(std::move(wanted));
      return known = engine_.add(std::move(terms), said);
    }
  terms.push_back(std::move(wanted));
  leaves_.push_back(leaf);
  const FactId fact = engine_.add(std::move(terms), static_cast<std::uint32_t>(leaves_.size() - 1));
  if (fact != kNothing && leaf.package != kNothing && leaf.package != leaf.target)
    dependency_facts_[key].push_back(fact);
  return fact;
}

}  // namespace pypackaging::resolver
