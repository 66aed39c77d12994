#include "search.h"

#include <algorithm>

namespace pypackaging::resolver {

namespace {

// After this many conflicts the packages involved are decided in another order (uv's value; not critical).
constexpr int kPatience = 5;
// The number of requests that the network handles at a time.
constexpr std::size_t kLargestBatch = 50;

}  // namespace

Search::Search(const ResolveInput& input, PackageSource& source, Universe& universe, Eligibility& eligibility)
    : input_(input), source_(source), universe_(universe), eligibility_(eligibility), engine_(this) {}

Search::Outcome Search::run(const std::vector<Need>& requirements,
                            const std::vector<const Requirement*>& constraints) {
  for (const Need& need : requirements) direct_.insert(need.requirement->normalized_name);
  if (!state_user_facts(requirements, constraints)) return Outcome::restart;
  std::optional<FactId> failure = engine_.propagate_all();
  while (!failure) {
    reorder();
    review_changes();
    const std::optional<PackageId> package = next_package();
    if (!package) return Outcome::solved;
    deciding_ = *package;
    const bool is_extra = universe_.at(*package).base != kNothing;
    if (!(is_extra ? decide_extra(*package) : decide_package(*package))) return Outcome::restart;
    failure = engine_.propagate(*package);
  }
  failure_ = *failure;
  return Outcome::failed;
}

void Search::conflict(const Incompatibility& fact) {
  if (deciding_ == kNothing) return;
  const auto involved = [&](PackageId package) {
    return std::any_of(fact.terms.begin(), fact.terms.end(),
                       [&](const Term& term) { return term.package == package; });
  };
  if (!involved(deciding_)) return;
  if (++effort_[deciding_].affected == kPatience) effort_[deciding_].early = true;
  for (const Term& term : fact.terms) {
    if (term.package == deciding_ || engine_.decision(term.package) == 0) continue;
    Effort& effort = effort_[term.package];
    if (++effort.culprit < kPatience) continue;
    effort.culprit = 0;
    if (!effort.early) effort.late = true;
    to_reorder_.push_back(term.package);
  }
}

void Search::reorder() {
  for (const PackageId package : to_reorder_)
    if (engine_.decision(package) != 0) engine_.undo_decision(package);
  to_reorder_.clear();
}

bool Search::prefers_lowest(PackageId package) const {
  if (input_.strategy == Strategy::highest) return false;
  return input_.strategy == Strategy::lowest || direct_.contains(universe_.at(package).name);
}

std::size_t Search::pick(PackageId package) const {
  const VersionSet& now = engine_.current(package);
  if (preference_[package] != 0 && now.has(preference_[package])) return preference_[package];
  return best_of(package, now);
}

std::size_t Search::best_of(PackageId package, const VersionSet& set) const {
  for (const VersionSet& tier : tiers_[package])
    if (const std::size_t best = best_within(package, set & tier)) return best;
  return best_within(package, set);
}

std::size_t Search::best_within(PackageId package, const VersionSet& set) const {
  const bool lowest = prefers_lowest(package);
  if (!last_resort_[package].empty()) {
    const VersionSet liked = set.minus(last_resort_[package]);
    if (liked.highest() != 0) return lowest ? liked.lowest() : liked.highest();
  }
  return lowest ? set.lowest() : set.highest();
}

bool Search::is_tried_before(PackageId package, std::size_t candidate, std::size_t other) const {
  VersionSet both = VersionSet::single(universe_.at(package).bits(), candidate);
  both.add(other);
  return candidate != other && best_of(package, both) == candidate;
}

int Search::urgency(PackageId package) const {
  if (engine_.decision(package) != 0 || !engine_.is_required(package)) return kNotOpen;
  // Extras come first: they leave nothing to choose, and until their package is decided they need no
  // metadata.
  if (universe_.at(package).base != kNothing) return 0;
  if (universe_.at(package).offered_count == 0) return 1;
  if (engine_.current(package).has_one()) return 2;
  if (effort_[package].early) return 3;
  return effort_[package].late ? 5 : 4;
}

void Search::review_changes() {
  for (const PackageId package : engine_.take_changed()) {
    effort_[package].urgency = urgency(package);
    if (effort_[package].urgency != kNotOpen && universe_.at(package).base == kNothing)
      universe_.prefetch_metadata(package, pick(package));
  }
}

std::optional<PackageId> Search::next_package() const {
  PackageId best = kNothing;
  for (const PackageId package : met_)
    if (effort_[package].urgency < (best == kNothing ? kNotOpen : effort_[best].urgency)) best = package;
  return best == kNothing ? std::nullopt : std::optional(best);
}

/// Batches grow with the number of candidates tried: few tries cost few requests, and after many tries most
/// requests run together. The next batch is requested when half of the last one has been tried.
void Search::prefetch_more(PackageId package, std::size_t candidate) {
  Effort& effort = effort_[package];
  if (++effort.tried < effort.prefetch_at) return;
  const std::size_t batch = std::min(effort.tried * 2, kLargestBatch);
  effort.prefetch_at = effort.tried + batch / 2;
  const std::size_t left = prefetch(package, engine_.current(package), batch);
  if (left == 0) return;
  // The remaining candidates may be outside the set that is allowed now, if another package pins one version
  // after the other.
  const std::size_t bits = universe_.at(package).bits();
  VersionSet further = VersionSet::none(bits);
  if (prefers_lowest(package))
    further.add_range(candidate + 1, bits);
  else
    further.add_range(1, candidate);
  prefetch(package, further.minus(eligibility_.excluded(package)), left);
}

std::size_t Search::prefetch(PackageId package, VersionSet set, std::size_t count) {
  for (; count > 0; --count) {
    const std::size_t next = best_of(package, set);
    if (next == 0) break;
    universe_.prefetch_metadata(package, next);
    set.remove(next);
  }
  return count;
}

std::optional<FactId> Search::state_known_conflict(PackageId package, std::size_t candidate) {
  const auto state = [&](PackageId extra, const std::vector<Need>& needs) -> std::optional<FactId> {
    for (const Need& need : needs) {
      const Requirement& requirement = *need.requirement;
      if (requirement.url || !universe_.is_loaded(requirement.normalized_name)) continue;
      const PackageId target = universe_.package(requirement.normalized_name);
      if (target == package || !engine_.has_package(target)) continue;
      if (!engine_.current(target).disjoint(eligibility_.allowed(target, requirement))) continue;
      fresh_.clear();
      if (!state_need(package, extra, candidate, need)) return kNothing;
      for (const FactId fact : fresh_)
        if (engine_.would_conflict(fact, package, candidate)) return fact;
    }
    return std::nullopt;
  };
  if (const auto found = state(kNothing, universe_.metadata(package, candidate).base.needs)) return found;
  const auto extras = universe_.at(package).extras;
  for (const auto& [name, extra] : extras) {
    if (!engine_.has_package(extra) || !engine_.is_required(extra)) continue;
    if (const auto found = state(extra, universe_.extra_needs(package, candidate, name))) return found;
  }
  return std::nullopt;
}

bool Search::decide_package(PackageId package) {
  const std::size_t candidate = pick(package);
  prefetch_more(package, candidate);
  const Metadata& metadata = universe_.metadata(package, candidate);
  if (eligibility_.exclusion(package, candidate)) {
    state_exclusions(package);
    return true;
  }
  // If one need already rules the version out, its other needs are not loaded: they may take many requests.
  if (const auto known = state_known_conflict(package, candidate)) {
    if (*known == kNothing) return false;
    conflict(engine_.fact(*known));
    return true;
  }
  fresh_.clear();
  if (!state_needs(package, kNothing, candidate, metadata.base.needs) || !state_extras(package, candidate))
    return false;
  for (const FactId fact : fresh_)
    if (engine_.would_conflict(fact, package, candidate)) {
      // Propagation rules the candidate out, without a decision that would have to be undone.
      conflict(engine_.fact(fact));
      return true;
    }
  ++decisions_;
  engine_.decide(package, candidate);
  if (!universe_.at(package).candidate(candidate).url)
    source_.decided(universe_.at(package).name, universe_.at(package).candidate(candidate).offered->version);
  return true;
}

bool Search::decide_extra(PackageId extra) {
  const PackageId base = universe_.at(extra).base;
  const std::size_t candidate = engine_.decision(base);
  if (candidate != 0) {
    fresh_.clear();
    if (!state_needs(base, extra, candidate,
                     universe_.extra_needs(base, candidate, universe_.at(extra).extra)))
      return false;
  }
  engine_.decide(extra, 1);
  return true;
}

bool Search::state_extras(PackageId package, std::size_t candidate) {
  // By value: state_needs can add extras.
  const auto extras = universe_.at(package).extras;
  for (const auto& [name, extra] : extras) {
    if (!engine_.has_package(extra) || !engine_.is_required(extra)) continue;
    if (!state_needs(package, extra, candidate, universe_.extra_needs(package, candidate, name)))
      return false;
  }
  return true;
}

}  // namespace pypackaging::resolver
