#include "search.h"

#include <algorithm>

namespace pypackaging::resolver {

namespace {

// After so many conflicts between the same packages their order was wrong (the figure is uv's, and not
// sensitive).
constexpr int kPatience = 5;
constexpr int kPrefetchAfter = 5;
constexpr int kPrefetchAtMost = 50;

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
  const bool lowest = prefers_lowest(package);
  if (!last_resort_[package].empty()) {
    const VersionSet liked = now.minus(last_resort_[package]);
    if (liked.highest() != 0) return lowest ? liked.lowest() : liked.highest();
  }
  return lowest ? now.lowest() : now.highest();
}

int Search::urgency(PackageId package) const {
  if (engine_.decision(package) != 0 || !engine_.is_required(package)) return kNotOpen;
  // An extra says nothing before its package is decided, and costs nothing afterwards.
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
      universe_.want_metadata(package, pick(package));
  }
}

std::optional<PackageId> Search::next_package() const {
  PackageId best = kNothing;
  for (const PackageId package : met_)
    if (effort_[package].urgency < (best == kNothing ? kNotOpen : effort_[best].urgency)) best = package;
  return best == kNothing ? std::nullopt : std::optional(best);
}

void Search::prefetch_more(PackageId package) {
  const int tried = ++effort_[package].tried;
  if (tried % kPrefetchAfter != 0) return;
  int left = std::min(tried, kPrefetchAtMost);
  const bool lowest = prefers_lowest(package);
  VersionSet rest = engine_.current(package).minus(last_resort_[package]);
  for (; left > 0; --left) {
    const std::size_t candidate = lowest ? rest.lowest() : rest.highest();
    if (candidate == 0) return;
    universe_.want_metadata(package, candidate);
    rest.remove(candidate);
  }
}

bool Search::decide_package(PackageId package) {
  const std::size_t candidate = pick(package);
  prefetch_more(package);
  const Metadata& metadata = universe_.metadata(package, candidate);
  if (eligibility_.exclusion(package, candidate)) {
    state_exclusions(package);
    return true;
  }
  fresh_.clear();
  if (!state_needs(package, kNothing, candidate, metadata.needs) || !state_extras(package, candidate))
    return false;
  for (const FactId fact : fresh_)
    if (engine_.would_conflict(fact, package, candidate)) {
      // Propagation rules the candidate out without a decision that would have to be taken back.
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
  // By value: stating needs can make further extras known.
  const auto extras = universe_.at(package).extras;
  for (const auto& [name, extra] : extras) {
    if (!engine_.has_package(extra) || !engine_.is_required(extra)) continue;
    if (!state_needs(package, extra, candidate, universe_.extra_needs(package, candidate, name)))
      return false;
  }
  return true;
}

}  // namespace pypackaging::resolver
