#include <algorithm>

#include "explain.h"

namespace pypackaging::resolver {

std::string Explanation::exclusion_hint(const CoreFact& fact, const Wording& wording) const {
  const std::string said = wording.exclusion(fact);
  const bool plural = wording.is_plural(fact.leaf.package, fact.terms.front().set);
  switch (fact.exclusion->reason) {
    case Reason::prerelease:
      return said + "; --prerelease=allow would take " + (plural ? "them" : "it");
    case Reason::needs_other_python: {
      std::string here = input_.python ? "; this is Python " + input_.python->canonical() : "";
      if (!fact.exclusion->detail.empty()) here += "; try --python '" + fact.exclusion->detail + "'";
      return said + here;
    }
    case Reason::no_matching_wheel:
      return said + "; " +
             (fact.exclusion->advice.empty() ? "another version, Python or platform may have one"
                                             : fact.exclusion->advice);
    case Reason::excluded_by_date:
      return said + "; a later --exclude-newer would take " + (plural ? "them" : "it");
    case Reason::yanked:
      return said + "; only a requirement that pins " + (plural ? "one of them" : "it") + " with == takes " +
             (plural ? "it" : "it all the same");
    case Reason::unreadable:
    case Reason::metadata_unavailable:
      return said;
  }
  return said;
}

std::string Explanation::absence_hint(PackageId id) const {
  const Package& package = universe_.at(id);
  if (package.offer == nullptr || package.offered_count != 0) return {};
  switch (package.offer->absence) {
    case Absence::not_found:
      return "check the spelling of '" + package.name + "', or name the index that has it with --index";
    case Absence::offline:
      return package.name + " was not in the cache; run once without --offline";
    case Absence::network_disabled:
      return "no index was asked for " + package.name + "; without --no-index it may be found";
    case Absence::none:
      return {};
  }
  return {};
}

/// PEP 440 has 2.0rc1 come before 2.0, so that `>=2` leaves it out in every mode: people expect otherwise.
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

std::vector<std::string> Explanation::hints() const {
  const Wording wording(universe_, eligibility_);
  std::vector<std::string> result;
  const auto add = [&result](std::string hint) {
    if (!hint.empty() && std::find(result.begin(), result.end(), hint) == result.end())
      result.push_back(std::move(hint));
  };
  for (const CoreFact& fact : core_) {
    if (fact.exclusion) add(exclusion_hint(fact, wording));
    add(early_release_hint(fact));
    if (fact.leaf.target != kNothing) add(absence_hint(wording.base_of(fact.leaf.target)));
  }
  return result;
}

}  // namespace pypackaging::resolver
