#include "engine.h"

#include <algorithm>

namespace pypackaging::resolver {

namespace {

/// Sorts the terms and merges them to one per package; false if one of them can never hold.
bool normalize(std::vector<Term>& terms) {
  std::stable_sort(terms.begin(), terms.end(),
                   [](const Term& a, const Term& b) { return a.package < b.package; });
  std::vector<Term> merged;
  merged.reserve(terms.size());
  for (Term& term : terms) {
    if (!merged.empty() && merged.back().package == term.package)
      merged.back().set &= term.set;
    else
      merged.push_back(std::move(term));
  }
  if (std::any_of(merged.begin(), merged.end(), [](const Term& term) { return term.set.empty(); }))
    return false;
  std::erase_if(merged, [](const Term& term) { return term.set.full(); });
  terms = std::move(merged);
  return true;
}

const Term& term_of(const Incompatibility& fact, PackageId package) {
  return *std::find_if(fact.terms.begin(), fact.terms.end(),
                       [package](const Term& term) { return term.package == package; });
}

}  // namespace

void Engine::add_package(PackageId package, std::size_t bits) {
  if (package >= packages_.size()) packages_.resize(package + 1);
  packages_[package].bits = bits;
  packages_[package].everything = VersionSet::all(bits);
}

FactId Engine::add(std::vector<Term> terms, std::uint32_t leaf) {
  if (!normalize(terms)) return kNothing;
  const FactId id = store({std::move(terms), leaf});
  watch(id);
  return id;
}

FactId Engine::store(Incompatibility body) {
  facts_.push_back(std::move(body));
  state_.push_back(State::active);
  return static_cast<FactId>(facts_.size() - 1);
}

void Engine::watch(FactId id) {
  for (const Term& term : facts_[id].terms) packages_[term.package].facts.push_back(id);
}

const VersionSet& Engine::current(PackageId package) const {
  const Package& entry = packages_[package];
  return entry.assignments.empty() ? entry.everything : trail_[entry.assignments.back()].accumulated;
}

void Engine::note_change(PackageId package) {
  if (packages_[package].changed) return;
  packages_[package].changed = true;
  changed_.push_back(package);
}

std::vector<PackageId> Engine::take_changed() {
  for (const PackageId package : changed_) packages_[package].changed = false;
  return std::exchange(changed_, {});
}

void Engine::assign(PackageId package, VersionSet accumulated, FactId cause) {
  note_change(package);
  packages_[package].assignments.push_back(static_cast<std::uint32_t>(trail_.size()));
  trail_.push_back({package, std::move(accumulated), cause, level_});
}

void Engine::derive(PackageId package, FactId cause) {
  assign(package, current(package).minus(term_of(facts_[cause], package).set), cause);
}

void Engine::decide(PackageId package, std::size_t candidate) {
  ++level_;
  packages_[package].decision = candidate;
  assign(package, VersionSet::single(packages_[package].bits, candidate), kNothing);
}

void Engine::undo_decision(PackageId package) {
  for (const std::uint32_t position : packages_[package].assignments)
    if (trail_[position].cause == kNothing) return backtrack(trail_[position].level - 1);
}

void Engine::backtrack(std::uint32_t level) {
  while (!trail_.empty() && trail_.back().level > level) {
    note_change(trail_.back().package);
    Package& entry = packages_[trail_.back().package];
    if (trail_.back().cause == kNothing) entry.decision = 0;
    entry.assignments.pop_back();
    trail_.pop_back();
  }
  level_ = level;
  for (; !idle_.empty() && idle_.back().first > trail_.size(); idle_.pop_back())
    if (state_[idle_.back().second] == State::idle) state_[idle_.back().second] = State::active;
}

Engine::Relation Engine::relation(const Incompatibility& fact, PackageId& open) const {
  int unsatisfied = 0;
  for (const Term& term : fact.terms) {
    const VersionSet& now = current(term.package);
    if (now.subset_of(term.set)) continue;
    if (now.disjoint(term.set)) return Relation::contradicted;
    ++unsatisfied;
    open = term.package;
  }
  if (unsatisfied > 1) return Relation::open;
  return unsatisfied == 1 ? Relation::almost : Relation::satisfied;
}

bool Engine::would_conflict(FactId id, PackageId package, std::size_t candidate) const {
  return std::all_of(facts_[id].terms.begin(), facts_[id].terms.end(), [&](const Term& term) {
    return term.package == package ? term.set.has(candidate) : current(term.package).subset_of(term.set);
  });
}

void Engine::enqueue(PackageId package) {
  if (std::find(queue_.begin(), queue_.end(), package) == queue_.end()) queue_.push_back(package);
}

std::optional<FactId> Engine::propagate(PackageId package) {
  queue_.assign(1, package);
  return drain();
}

std::optional<FactId> Engine::propagate_all() {
  queue_.clear();
  for (FactId id = 0; id < facts_.size(); ++id) {
    if (state_[id] != State::active || !facts_[id].is_leaf()) continue;
    if (facts_[id].terms.empty()) return id;
    bool jumped = false;
    if (const auto failure = consider(id, jumped)) return failure;
  }
  return drain();
}

std::optional<FactId> Engine::drain() {
  while (!queue_.empty()) {
    const PackageId package = queue_.back();
    queue_.pop_back();
    if (const auto failure = visit(package)) return failure;
  }
  return std::nullopt;
}

std::optional<FactId> Engine::visit(PackageId package) {
  std::erase_if(packages_[package].facts, [this](FactId id) { return state_[id] == State::retired; });
  // Newest first: recently learned facts prune most. A fact that is learned here is applied at once.
  for (std::size_t index = packages_[package].facts.size(); index-- > 0;) {
    const FactId id = packages_[package].facts[index];
    if (state_[id] != State::active) continue;
    bool jumped = false;
    if (const auto failure = consider(id, jumped)) return failure;
    if (jumped) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<FactId> Engine::consider(FactId id, bool& jumped) {
  PackageId open = kNothing;
  switch (relation(facts_[id], open)) {
    case Relation::open:
      return std::nullopt;
    case Relation::contradicted:
      state_[id] = State::idle;
      idle_.emplace_back(trail_.size(), id);
      return std::nullopt;
    case Relation::almost:
      derive(open, id);
      enqueue(open);
      return std::nullopt;
    case Relation::satisfied:
      break;
  }
  if (observer_ != nullptr) observer_->conflict(facts_[id]);
  const auto [learned, package] = resolve_conflict(id);
  if (facts_[learned].terms.empty()) return learned;
  jumped = true;
  queue_.clear();
  derive(package, learned);
  enqueue(package);
  return std::nullopt;
}

std::uint32_t Engine::first_satisfying(const Term& term) const {
  const auto& positions = packages_[term.package].assignments;
  return *std::partition_point(positions.begin(), positions.end(), [&](std::uint32_t position) {
    return !trail_[position].accumulated.subset_of(term.set);
  });
}

std::uint32_t Engine::own_previous_level(const Term& term, std::uint32_t position) const {
  const Assignment& satisfier = trail_[position];
  if (satisfier.cause == kNothing) return 0;
  const VersionSet own = term_of(facts_[satisfier.cause], term.package).set.complement();
  if (own.subset_of(term.set)) return 0;
  for (const std::uint32_t earlier : packages_[term.package].assignments)
    if ((trail_[earlier].accumulated & own).subset_of(term.set)) return trail_[earlier].level;
  return 0;
}

Engine::Satisfier Engine::find_satisfier(const Incompatibility& fact) const {
  Satisfier best;
  std::vector<std::uint32_t> positions;
  for (std::size_t index = 0; index < fact.terms.size(); ++index) {
    positions.push_back(first_satisfying(fact.terms[index]));
    if (positions.back() >= best.position) best = {positions.back(), index};
  }
  best.previous_level = own_previous_level(fact.terms[best.term], best.position);
  for (std::size_t index = 0; index < positions.size(); ++index)
    if (index != best.term)
      best.previous_level = std::max(best.previous_level, trail_[positions[index]].level);
  return best;
}

Incompatibility Engine::resolvent(FactId left, FactId right, PackageId package) const {
  const Incompatibility& a = facts_[left];
  const Incompatibility& b = facts_[right];
  std::vector<Term> terms;
  for (const Incompatibility* fact : {&a, &b})
    for (const Term& term : fact->terms)
      if (term.package != package) terms.push_back(term);
  terms.push_back({package, term_of(a, package).set | term_of(b, package).set});
  normalize(terms);  // both parents are satisfied now, so no term is empty
  return {std::move(terms), kNothing, left, right};
}

std::pair<FactId, PackageId> Engine::resolve_conflict(FactId id) {
  const FactId original = id;
  while (!facts_[id].terms.empty()) {
    const Satisfier satisfier = find_satisfier(facts_[id]);
    const Assignment& assignment = trail_[satisfier.position];
    const PackageId package = assignment.package;
    if (assignment.cause == kNothing || satisfier.previous_level < assignment.level) {
      if (id != original) watch(id);
      backtrack(satisfier.previous_level);
      return {id, package};
    }
    id = store(resolvent(id, assignment.cause, package));
  }
  return {id, kNothing};
}

}  // namespace pypackaging::resolver
