#include "eligibility.h"

#include <algorithm>

namespace pypackaging::resolver {

namespace {

bool is_exact(const Specifier& clause) {
  return clause.op() == Operator::arbitrary || (clause.op() == Operator::equal && !clause.is_prefix_match());
}

bool pins(const Requirement& requirement, const Version& version) {
  return std::any_of(requirement.specifier.clauses().begin(), requirement.specifier.clauses().end(),
                     [&](const Specifier& clause) { return is_exact(clause) && clause.matches(version); });
}

Reason reason_of(Usability usability) {
  switch (usability) {
    case Usability::no_matching_wheel:
      return Reason::no_matching_wheel;
    case Usability::needs_other_python:
      return Reason::needs_other_python;
    case Usability::excluded_by_date:
      return Reason::excluded_by_date;
    case Usability::yanked_file:
      return Reason::yanked;
    default:
      return Reason::unreadable;
  }
}

}  // namespace

Eligibility::Eligibility(const ResolveInput& input, const Universe& universe)
    : input_(input), universe_(universe) {}

void Eligibility::note_user_requirement(const Requirement& requirement) {
  user_requirements_[requirement.normalized_name].push_back(&requirement);
  if (requirement.specifier.mentions_prerelease()) explicit_prereleases_.insert(requirement.normalized_name);
}

Eligibility::Key Eligibility::key(PackageId id, std::size_t bit) const {
  const Candidate& candidate = universe_.at(id).candidate(bit);
  return {universe_.at(id).name, candidate.url ? *candidate.url : candidate.offered->version.canonical()};
}

bool Eligibility::names(PackageId id, std::size_t bit, const Requirement& requirement) const {
  const Candidate& candidate = universe_.at(id).candidate(bit);
  if (candidate.url) return requirement.url == candidate.url;
  return pins(requirement, candidate.offered->version);
}

bool Eligibility::is_conditional(PackageId id, std::size_t bit) const {
  const Candidate& candidate = universe_.at(id).candidate(bit);
  if (!candidate.url && !candidate.offered->yanked) return false;
  if (!candidate.url && preference(id) == bit) return false;
  const auto found = user_requirements_.find(universe_.at(id).name);
  return found == user_requirements_.end() ||
         std::none_of(found->second.begin(), found->second.end(),
                      [&](const Requirement* requirement) { return names(id, bit, *requirement); });
}

VersionSet Eligibility::allowed(PackageId id, const Requirement& requirement) const {
  const Package& package = universe_.at(id);
  if (requirement.url) {
    const std::size_t bit = universe_.url_candidate(id, *requirement.url);
    return bit == 0 ? VersionSet::none(package.bits()) : VersionSet::single(package.bits(), bit);
  }
  VersionSet set = universe_.matching(id, requirement.specifier);
  if (named_only_.empty()) return set;
  for (std::size_t bit = 1; bit < package.bits(); ++bit)
    if (set.has(bit) && !names(id, bit, requirement) && named_only_.contains(key(id, bit))) set.remove(bit);
  return set;
}

bool Eligibility::note_dependency(PackageId id, const Requirement& requirement) {
  if (requirement.url || requirement.specifier.empty()) return false;
  const auto& clauses = requirement.specifier.clauses();
  if (std::none_of(clauses.begin(), clauses.end(), is_exact)) return false;
  bool changed = false;
  const Package& package = universe_.at(id);
  for (std::size_t bit = 1; bit <= package.offered_count; ++bit) {
    if (!package.candidate(bit).offered->yanked || !names(id, bit, requirement)) continue;
    if (is_conditional(id, bit)) changed = admitted_.insert(key(id, bit)).second || changed;
  }
  return changed;
}

PrereleaseMode Eligibility::prerelease_mode(PackageId id) const {
  const auto own = input_.package_prereleases.find(universe_.at(id).name);
  return own == input_.package_prereleases.end() ? input_.prereleases : own->second;
}

bool Eligibility::prerelease_counts(PackageId id, std::size_t bit) const {
  switch (prerelease_mode(id)) {
    case PrereleaseMode::disallow:
      return false;
    case PrereleaseMode::explicit_only:
      return explicit_prereleases_.contains(universe_.at(id).name) || preference(id) == bit;
    case PrereleaseMode::allow:
    case PrereleaseMode::if_necessary:
      break;
  }
  return true;
}

std::optional<Exclusion> Eligibility::exclusion(PackageId id, std::size_t bit) const {
  const Candidate& candidate = universe_.at(id).candidate(bit);
  const OfferedVersion& offered = *candidate.offered;
  if (offered.usability != Usability::usable)
    return Exclusion{reason_of(offered.usability), offered.detail, offered.advice};
  if (!candidate.url && offered.yanked && is_conditional(id, bit) && !admitted_.contains(key(id, bit)))
    return Exclusion{Reason::yanked, offered.yanked_reason};
  if (!candidate.url && offered.version.is_prerelease() && !prerelease_counts(id, bit))
    return Exclusion{Reason::prerelease, {}};
  if (candidate.metadata == nullptr) return std::nullopt;
  if (!candidate.metadata->problem.empty())
    return Exclusion{Reason::metadata_unavailable, candidate.metadata->problem};
  if (candidate.metadata->other_python)
    return Exclusion{Reason::needs_other_python, *candidate.metadata->other_python};
  return std::nullopt;
}

VersionSet Eligibility::excluded(PackageId id) const {
  VersionSet set = VersionSet::none(universe_.at(id).bits());
  for (std::size_t bit = 1; bit < set.bits(); ++bit)
    if (exclusion(id, bit)) set.add(bit);
  return set;
}

VersionSet Eligibility::last_resort(PackageId id) const {
  const Package& package = universe_.at(id);
  VersionSet set = VersionSet::none(package.bits());
  const bool finals_first = prerelease_mode(id) != PrereleaseMode::allow;
  for (std::size_t bit = 1; bit < set.bits(); ++bit)
    if (is_conditional(id, bit) || (finals_first && package.candidate(bit).offered->version.is_prerelease()))
      set.add(bit);
  return set;
}

std::vector<VersionSet> Eligibility::tiers(PackageId id) const {
  const Package& package = universe_.at(id);
  std::map<std::size_t, VersionSet> by_rank;
  for (std::size_t bit = 1; bit <= package.offered_count; ++bit)
    by_rank.try_emplace(package.candidate(bit).offered->rank, VersionSet::none(package.bits()))
        .first->second.add(bit);
  std::vector<VersionSet> tiers;
  if (by_rank.size() > 1)
    for (auto& [rank, set] : by_rank) tiers.push_back(std::move(set));
  return tiers;
}

std::size_t Eligibility::preference(PackageId id) const {
  const auto found = input_.preferences.find(universe_.at(id).name);
  if (found == input_.preferences.end()) return 0;
  const Package& package = universe_.at(id);
  const auto begin = package.candidates.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(package.offered_count);
  const auto at = std::partition_point(
      begin, end, [&](const Candidate& candidate) { return candidate.offered->version < found->second; });
  return at != end && at->offered->version == found->second ? static_cast<std::size_t>(at - begin) + 1 : 0;
}

}  // namespace pypackaging::resolver
