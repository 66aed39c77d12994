#include "wording.h"

#include <algorithm>

namespace pypackaging::resolver {

namespace {

constexpr std::size_t kMostRanges = 4;

bool is_needed(const Term& term) {
  return term.set.has(VersionSet::kAbsent);
}

std::string in_parentheses(const std::string& text) {
  return text.empty() ? "" : " (" + text + ")";
}

bool is_within_character(const std::string& text, std::size_t at) {
  return (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
}

/// Cuts the middle out of a long message from a server or a file: the beginning names the subject, the end
/// the error.
std::string bounded(const std::string& text) {
  constexpr std::size_t kLongest = 200, kEnd = 80;
  if (text.size() <= kLongest) return text;
  std::size_t begin = kLongest - kEnd, end = text.size() - kEnd;
  while (begin > 0 && is_within_character(text, begin)) --begin;
  while (end < text.size() && is_within_character(text, end)) ++end;
  return text.substr(0, begin) + "..." + text.substr(end);
}

std::string name_of(const Requirement& requirement) {
  if (requirement.url) return requirement.normalized_name + " @ " + *requirement.url;
  return requirement.normalized_name + as_written(requirement.specifier);
}

}  // namespace

std::string list_of(const std::vector<std::string>& items, const char* conjunction) {
  std::string text;
  for (std::size_t index = 0; index < items.size(); ++index) {
    if (index > 0) text += index + 1 == items.size() ? " " + std::string(conjunction) + " " : ", ";
    text += items[index];
  }
  return text;
}

PackageId Wording::base_of(PackageId package) const {
  return universe_.at(package).base == kNothing ? package : universe_.at(package).base;
}

void Wording::learn(const std::vector<CoreFact>& facts) {
  for (const CoreFact& fact : facts) {
    if (fact.leaf.requirement == nullptr || universe_.at(fact.leaf.target).base != kNothing) continue;
    for (const Term& term : fact.terms) {
      if (term.package != fact.leaf.target) continue;
      if (fact.leaf.kind == Leaf::Kind::constraint || is_needed(term))
        known_.push_back({term.package, term.set.complement(), name_of(*fact.leaf.requirement)});
    }
  }
}

VersionSet Wording::eligible(PackageId package) const {
  VersionSet set = eligibility_.excluded(package).complement();
  set.remove(VersionSet::kAbsent);
  return set;
}

std::string Wording::versions(PackageId id, const VersionSet& set) const {
  const Package& package = universe_.at(id);
  const VersionSet counted = eligible(id);
  std::vector<std::string> ranges;
  std::size_t first = 0;
  std::size_t last = 0;
  const auto flush = [&] {
    if (first == 0) return;
    const std::string from = package.candidate(first).offered->version.canonical();
    ranges.push_back(first == last ? from
                                   : from + " to " + package.candidate(last).offered->version.canonical());
    first = 0;
  };
  for (std::size_t bit = 1; bit <= package.offered_count; ++bit) {
    if (set.has(bit)) {
      if (first == 0) first = bit;
      last = bit;
    } else if (counted.has(bit)) {
      flush();
    }
  }
  flush();
  for (std::size_t bit = package.offered_count + 1; bit < set.bits(); ++bit)
    if (set.has(bit)) ranges.push_back("@ " + *package.candidate(bit).url);
  if (ranges.size() > kMostRanges + 1) {
    const std::size_t more = ranges.size() - kMostRanges;
    ranges.resize(kMostRanges);
    ranges.push_back(std::to_string(more) + " more");
  }
  return list_of(ranges);
}

bool Wording::is_plural(PackageId, const VersionSet& set) const {
  return set.count() - (set.has(VersionSet::kAbsent) ? 1 : 0) > 1;
}

std::string Wording::subject(PackageId package, const VersionSet& set, PackageId extra) const {
  const std::string title = universe_.title(extra == kNothing ? package : extra);
  const VersionSet counted = eligible(package);
  if (set.count() > 1 && !counted.empty() && counted.subset_of(set)) return "all versions of " + title;
  return title + " " + versions(package, set);
}

std::string Wording::object(PackageId package, const VersionSet& allowed) const {
  if (universe_.at(package).base != kNothing) return universe_.title(package);
  const VersionSet counted = eligible(package);
  VersionSet chosen = allowed;
  chosen.remove(VersionSet::kAbsent);
  for (const Known& known : known_)
    if (known.package == package && (known.allowed & counted) == (chosen & counted)) return known.text;
  if (counted.subset_of(chosen)) return universe_.title(package);
  return universe_.title(package) + " " +
         versions(package, (chosen & counted).empty() ? chosen : chosen & counted);
}

std::vector<std::string> Wording::positives(const std::vector<const Term*>& terms, bool& plural) const {
  std::vector<std::string> texts;
  for (const Term* term : terms) {
    const Package& package = universe_.at(term->package);
    const auto about_base = [&](const Term* other) { return other->package == package.base; };
    if (package.base != kNothing && std::any_of(terms.begin(), terms.end(), about_base)) continue;
    if (package.base != kNothing) {
      texts.push_back(universe_.title(term->package));
      continue;
    }
    PackageId extra = kNothing;
    for (const Term* other : terms)
      if (universe_.at(other->package).base == term->package) extra = other->package;
    texts.push_back(subject(term->package, term->set, extra));
    plural = plural || is_plural(term->package, term->set);
  }
  plural = plural || texts.size() > 1;
  return texts;
}

std::string Wording::conclusion(const Incompatibility& fact) const {
  std::vector<const Term*> have;
  std::vector<std::string> need;
  for (const Term& term : fact.terms) {
    if (!is_needed(term))
      have.push_back(&term);
    else
      need.push_back(object(term.package, term.set.complement()));
  }
  need.erase(std::unique(need.begin(), need.end()), need.end());
  if (have.empty() && need.empty()) return "your requirements cannot be satisfied";
  if (have.empty()) return list_of(need, "or") + " is needed";
  bool plural = false;
  const std::vector<std::string> subjects = positives(have, plural);
  if (!need.empty()) return list_of(subjects) + (plural ? " need " : " needs ") + list_of(need, "or");
  if (subjects.size() == 1) return subjects[0] + " cannot be used";
  if (subjects.size() == 2) return subjects[0] + " and " + subjects[1] + " are incompatible";
  return list_of(subjects) + " cannot be used together";
}

std::string Wording::nothing_matches(PackageId id) const {
  const Package& package = universe_.at(id);
  if (package.offer == nullptr) {
    std::vector<std::string> given;
    for (const Candidate& candidate : package.candidates)
      given.push_back(package.name +
                      (candidate.readable ? " " + candidate.offered->version.canonical() : "") + " @ " +
                      *candidate.url);
    return list_of(given) + " was given";
  }
  const std::string where = package.offer->where.empty() ? "" : " in " + package.offer->where;
  if (package.offered_count == 0) {
    switch (package.offer->absence) {
      case Absence::not_found:
        return package.name + " was not found" + where;
      case Absence::offline:
        return package.name + " is not in the cache, and no index was asked";
      case Absence::network_disabled:
        return package.name + " was not found" + where + ", and no index was asked";
      case Absence::none:
        return package.name + " has no files" + where;
    }
  }
  VersionSet offered = VersionSet::none(package.bits());
  offered.add_range(1, package.offered_count + 1);
  VersionSet shown = offered & eligible(id);
  const bool is_usable = !shown.empty();
  if (!is_usable) shown = offered;
  const bool plural = shown.count() > 1;
  std::string text = "only " + package.name + " " + versions(id, shown);
  const std::size_t newest = shown.highest();
  if (package.candidate(newest).offered->version.is_prerelease())
    text += plural ? " (the newest is a prerelease)" : " (a prerelease)";
  text += plural ? " are available" : " is available";
  if (is_usable) return text;
  VersionSet alone = VersionSet::single(shown.bits(), newest);
  const auto exclusion = eligibility_.exclusion(id, newest);
  return exclusion ? text + ", and " + exclusion_of(id, alone, *exclusion) : text;
}

std::string Wording::requirement(const CoreFact& fact) const {
  const Leaf& leaf = fact.leaf;
  std::string text;
  const Term* wanted = nullptr;
  for (const Term& term : fact.terms)
    if (term.package == leaf.target && is_needed(term)) wanted = &term;
  if (leaf.requirement != nullptr)
    text = display(*leaf.requirement);
  else if (wanted != nullptr)
    text = object(leaf.target, wanted->set.complement());
  if (leaf.overridden) text += " (your override)";
  if (wanted == nullptr && leaf.package != leaf.target)
    text += ", but " + nothing_matches(base_of(leaf.target));
  return text;
}

std::string Wording::exclusion(const CoreFact& fact) const {
  return exclusion_of(fact.leaf.package, fact.terms.front().set, *fact.exclusion);
}

std::string Wording::exclusion_of(PackageId package, const VersionSet& set,
                                  const Exclusion& exclusion) const {
  const bool plural = is_plural(package, set);
  const std::string who = universe_.at(package).name + " " + versions(package, set);
  const std::string newest = exclusion.newest.empty() ? "" : "of " + exclusion.newest + ": ";
  const std::string detail =
      exclusion.detail.empty() ? "" : in_parentheses(newest + bounded(exclusion.detail));
  switch (exclusion.reason) {
    case Reason::no_matching_wheel:
      return who + (plural ? " have" : " has") + " no wheel that fits this interpreter" + detail;
    case Reason::needs_other_python:
      return who + (plural ? " need" : " needs") +
             (exclusion.detail.empty() ? " another Python"
              : newest.empty()         ? " Python " + exclusion.detail
                                       : " another Python" + detail);
    case Reason::excluded_by_date:
      return who + (plural ? " were" : " was") + " published after the date limit" + detail;
    case Reason::yanked:
      return who + (plural ? " were" : " was") + " yanked" + detail;
    case Reason::prerelease:
      return who + (plural ? " are prereleases" : " is a prerelease");
    case Reason::unreadable:
    case Reason::metadata_unavailable:
      return who + " cannot be used" + detail;
  }
  return who + " cannot be used";
}

std::pair<std::string, std::string> Wording::leaf_parts(const CoreFact& fact) const {
  const Leaf& leaf = fact.leaf;
  switch (leaf.kind) {
    case Leaf::Kind::requirement:
      return {leaf.overridden ? "your requirements need" : "you require", requirement(fact)};
    case Leaf::Kind::constraint:
      return {"your constraints allow only", display(*leaf.requirement)};
    case Leaf::Kind::exclusion:
      return {exclusion(fact), ""};
    case Leaf::Kind::dependency:
      break;
  }
  for (const Term& term : fact.terms)
    if (term.package == leaf.package)
      return {subject(leaf.package, term.set, leaf.extra) +
                  (is_plural(leaf.package, term.set) ? " depend on" : " depends on"),
              requirement(fact)};
  return {"", requirement(fact)};
}

std::string Wording::leaf(const CoreFact& fact) const {
  const auto [first, second] = leaf_parts(fact);
  return second.empty() ? first : first + " " + second;
}

}  // namespace pypackaging::resolver
