#include <algorithm>
#include <map>

#include "explain.h"

namespace pypackaging::resolver {

std::string Explanation::advice_on(const CoreFact& fact, const Wording& wording) const {
  const bool plural = wording.is_plural(fact.leaf.package, fact.terms.front().set);
  const Exclusion& exclusion = *fact.exclusion;
  switch (exclusion.reason) {
    case Reason::prerelease:
      return std::string("--prerelease=allow would take ") + (plural ? "them" : "it");
    case Reason::needs_other_python: {
      std::string text = input_.python ? "this is Python " + input_.python->canonical() : "";
      if (!exclusion.detail.empty())
        text += (text.empty() ? "try --python '" : "; try --python '") + exclusion.detail + "'";
      return text;
    }
    case Reason::no_matching_wheel:
      return exclusion.advice.empty() ? "another version, Python or platform may have one" : exclusion.advice;
    case Reason::excluded_by_date:
      return std::string("a later --exclude-newer would take ") + (plural ? "them" : "it");
    case Reason::yanked:
      return plural ? "only a requirement that pins one of them with == takes it all the same"
                    : universe_.at(fact.leaf.package).name +
                          "==" + wording.versions(fact.leaf.package, fact.terms.front().set) +
                          " takes it all the same";
    case Reason::unreadable:
    case Reason::metadata_unavailable:
      break;
  }
  return {};
}

/// One hint for each package and reason, about the newest versions. Packages with the same advice share a
/// hint.
std::vector<std::string> Explanation::exclusion_hints(const std::string& told, const Wording& wording) const {
  constexpr std::size_t kMostSubjects = 3;
  std::map<std::pair<PackageId, Reason>, const CoreFact*> newest;
  for (const CoreFact& fact : core_) {
    if (!fact.exclusion) continue;
    const CoreFact*& known = newest[{fact.leaf.package, fact.exclusion->reason}];
    if (known == nullptr || known->terms.front().set.highest() < fact.terms.front().set.highest())
      known = &fact;
  }
  std::vector<std::pair<std::string, std::vector<std::string>>> by_advice;
  for (const auto& [key, fact] : newest) {
    const std::string advice = advice_on(*fact, wording);
    auto found = std::find_if(by_advice.begin(), by_advice.end(),
                              [&](const auto& each) { return each.first == advice; });
    if (found == by_advice.end()) found = by_advice.insert(found, {advice, {}});
    const std::string said = wording.exclusion(*fact);
    if (told.find(said) == std::string::npos) found->second.push_back(said);
  }
  std::vector<std::string> hints;
  for (auto& [advice, subjects] : by_advice) {
    if (subjects.size() > kMostSubjects) {
      const std::size_t more = subjects.size() - kMostSubjects;
      subjects.resize(kMostSubjects);
      subjects.push_back(std::to_string(more) + " more packages likewise");
    }
    std::string text = list_of(subjects);
    if (!text.empty() && !advice.empty()) text += "; ";
    hints.push_back(text + advice);
  }
  return hints;
}

/// Two packages that want versions of a third which have none in common. Only an override can help.
std::string Explanation::override_hint(const Wording& wording) const {
  for (auto first = core_.begin(); first != core_.end(); ++first)
    for (auto second = first + 1; second != core_.end(); ++second) {
      const Leaf &a = first->leaf, &b = second->leaf;
      if (a.kind != Leaf::Kind::dependency || b.kind != Leaf::Kind::dependency) continue;
      if (a.target == kNothing || b.target == kNothing || a.package == b.package) continue;
      if (wording.base_of(a.target) != wording.base_of(b.target)) continue;
      if (a.requirement == nullptr || b.requirement == nullptr) continue;
      const PackageId target = wording.base_of(a.target);
      const VersionSet left = eligibility_.allowed(target, *a.requirement);
      const VersionSet right = eligibility_.allowed(target, *b.requirement);
      if (left.empty() || right.empty() || !(left & right).empty()) continue;
      return "an override (--overrides FILE) of " + universe_.at(target).name +
             " would force one version upon both " + universe_.at(a.package).name + " and " +
             universe_.at(b.package).name;
    }
  return {};
}

std::string Explanation::absence_hint(PackageId id) const {
  const Package& package = universe_.at(id);
  if (package.offer == nullptr || package.offered_count != 0) return {};
  switch (package.offer->absence) {
    case Absence::not_found:
      return "check the spelling of '" + package.name + "', or name the index that has it with --index";
    case Absence::offline:
      return "run once without --offline";
    case Absence::network_disabled:
      return "no index was searched for " + package.name + "; without --no-index it may be found";
    case Absence::none:
      return {};
  }
  return {};
}

/// In PEP 440 2.0rc1 precedes 2.0, so that `>=2` excludes it in every prerelease mode, which is unexpected.
std::string Explanation::early_release_hint(const CoreFact& fact) const {
  if (fact.leaf.requirement == nullptr || fact.leaf.requirement->url || fact.leaf.target == kNothing)
    return {};
  const PackageId id = fact.leaf.target;
  const Package& package = universe_.at(id);
  if (package.base != kNothing || package.offer == nullptr) return {};
  const SpecifierSet& wanted = fact.leaf.requirement->specifier;
  if (!universe_.matching(id, wanted).minus(eligibility_.excluded(id)).empty()) return {};
  for (std::size_t bit = package.offered_count; bit > 0; --bit) {
    const OfferedVersion& offered = *package.candidate(bit).offered;
    if (offered.usability != Usability::usable || offered.yanked || !offered.version.is_prerelease())
      continue;
    const Result<Version> release = Version::parse(offered.version.base_version());
    if (!release || wanted.matches(offered.version) || !wanted.matches(*release)) continue;
    const std::string version = offered.version.canonical();
    std::string hint = package.name + " " + version + " is a prerelease that comes before " +
                       release->canonical() + ", so that " + as_written(wanted) + " leaves it out; " +
                       package.name + ">=" + version + " would take it";
    if (input_.prereleases == PrereleaseMode::disallow) hint += " with --prerelease=allow";
    if (fact.leaf.kind == Leaf::Kind::dependency) hint += " as an override";
    return hint;
  }
  return {};
}

std::vector<std::string> Explanation::hints(const std::string& told) const {
  const Wording wording(universe_, eligibility_);
  std::vector<std::string> result;
  const auto add = [&](std::string hint) {
    if (!hint.empty() && told.find(hint) == std::string::npos &&
        std::find(result.begin(), result.end(), hint) == result.end())
      result.push_back(std::move(hint));
  };
  for (std::string& hint : exclusion_hints(told, wording)) add(std::move(hint));
  for (const CoreFact& fact : core_) {
    add(early_release_hint(fact));
    if (fact.leaf.target != kNothing) add(absence_hint(wording.base_of(fact.leaf.target)));
  }
  if (result.empty()) add(override_hint(wording));
  return result;
}

}  // namespace pypackaging::resolver
