#include "explain.h"

#include <algorithm>
#include <map>

namespace pypackaging::resolver {

namespace {

// Up to this many different details for one package and reason are reported separately.
constexpr std::size_t kMostDetails = 3;

// Limits the text to a screen of 80 by 24.
constexpr std::size_t kMostSteps = 8;
constexpr std::size_t kFirstSteps = 4;
constexpr std::size_t kMostHints = 5;
constexpr std::size_t kLongestStep = 480;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::string shortened(std::string step) {
  if (step.size() <= kLongestStep) return step;
  std::size_t end = step.rfind(' ', kLongestStep);
  if (end == std::string::npos) end = kLongestStep;
  return step.substr(0, end) + " ...";
}

/// The first and the last steps of a long explanation.
std::string shortened_story(const std::string& story) {
  const std::vector<std::string> lines = lines_of(story);
  const bool is_long = lines.size() > kMostSteps;
  const std::size_t left_out = is_long ? lines.size() - kMostSteps + 1 : 0;
  std::string text;
  for (std::size_t index = 0; index < lines.size(); ++index) {
    if (!text.empty()) text += '\n';
    if (is_long && index == kFirstSteps) {
      text += "... (" + std::to_string(left_out) + " more steps: -v)";
      index += left_out - 1;
    } else {
      text += shortened(lines[index]);
    }
  }
  return text;
}

std::string with_hints(std::string story, const std::vector<std::string>& hints, std::size_t most) {
  for (std::size_t index = 0; index < hints.size() && index < most; ++index)
    story += (index == 0 ? "\n\n" : "\n") + ("hint: " + hints[index]);
  if (hints.size() > most) story += "\nhint: " + std::to_string(hints.size() - most) + " more with -v";
  return story;
}

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
  std::map<Reason, std::map<Exclusion, VersionSet>> reasons;
  const VersionSet& set = fact.terms.front().set;
  set.for_each([&](std::size_t bit) {
    const auto exclusion = eligibility_.exclusion(fact.leaf.package, bit);
    if (!exclusion) return;
    auto& groups = reasons[exclusion->reason];
    groups.try_emplace(*exclusion, VersionSet::none(set.bits())).first->second.add(bit);
  });
  std::vector<CoreFact> parts;
  for (const auto& [reason, groups] : reasons)
    if (groups.size() > kMostDetails)
      parts.push_back(with_detail_of_newest(fact, groups));
    else
      for (const auto& [exclusion, group] : groups)
        parts.push_back({fact.leaf, {{fact.leaf.package, group}}, exclusion});
  return parts;
}

/// Merges many exclusions that differ only in their details into one, with the detail of the newest version.
CoreFact Explanation::with_detail_of_newest(const CoreFact& fact,
                                            const std::map<Exclusion, VersionSet>& groups) const {
  VersionSet all = VersionSet::none(fact.terms.front().set.bits());
  std::size_t newest = 0;
  Exclusion exclusion = groups.begin()->first;
  for (const auto& [each, group] : groups) {
    all = all | group;
    if (group.highest() <= newest) continue;
    newest = group.highest();
    exclusion = each;
  }
  exclusion.newest = universe_.at(fact.leaf.package).candidate(newest).offered->version.canonical();
  return {fact.leaf, {{fact.leaf.package, std::move(all)}}, std::move(exclusion)};
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
  std::map<PackageId, VersionSet> still_needed;  // versions whose exclusion must be reported
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
  if (!proof) {  // the reduced facts do not contradict each other: report all
    told = core_;
    proof = refute(told, bits);
  }
  Wording wording(universe_, eligibility_);
  wording.learn(told);
  const std::string story = tell(*proof, told, wording);
  conflict.hints = hints(story);
  for (std::string& hint : conflict.hints) hint = shortened(std::move(hint));
  conflict.full_explanation = with_hints(story, conflict.hints, conflict.hints.size());
  conflict.explanation = with_hints(shortened_story(story), conflict.hints, kMostHints);
  return conflict;
}

}  // namespace pypackaging::resolver
