#include "universe.h"

#include <algorithm>

#include "matching.h"

namespace pypackaging::resolver {

namespace {

/// Requires-Python is compared with the release only: a release candidate of 3.14 counts as 3.14.
std::optional<Version> release_of(const std::optional<Version>& python) {
  if (!python) return std::nullopt;
  const Result<Version> base = Version::parse(python->base_version());
  return base ? std::optional(*base) : python;
}

}  // namespace

std::string as_written(const SpecifierSet& specifier) {
  std::string text;
  for (const Specifier& clause : specifier.clauses()) text += (text.empty() ? "" : ",") + clause.canonical();
  return text;
}

std::string display(const Requirement& requirement) {
  std::string text = requirement.normalized_name;
  if (!requirement.extras.empty()) {
    text += '[';
    for (const std::string& extra : requirement.extras) text += (text.back() == '[' ? "" : ",") + extra;
    text += ']';
  }
  if (requirement.url) return text + " @ " + *requirement.url;
  return text + as_written(requirement.specifier);
}

Universe::Universe(const ResolveInput& input, PackageSource& source)
    : input_(input), source_(source), python_(release_of(input.python)) {
  for (const Requirement& requirement : input.overrides) {
    auto& active = overrides_[requirement.normalized_name];
    const Result<bool> value = holds(requirement.marker, {}, MarkerContext::requirement);
    if (value && *value) active.push_back(&requirement);
  }
}

Result<bool> Universe::holds(const Marker& marker, const std::string& extra, MarkerContext context) const {
  if (marker.empty()) return true;
  MarkerInputs inputs{input_.environment, {}, {}, context};
  if (!extra.empty()) inputs.extras.insert(extra);
  return marker.evaluate(inputs);
}

void Universe::prefetch(const std::string& name) {
  if (!is_loaded(name) && !url_only_.contains(name) && prefetched_.insert(name).second)
    source_.prefetch_versions(name);
}

void Universe::prefetch_metadata(PackageId id, std::size_t candidate) {
  if (at(id).base != kNothing) return;
  Candidate& wanted = packages_[id].candidates[candidate - 1];
  if (wanted.url || wanted.metadata != nullptr || std::exchange(wanted.metadata_prefetched, true)) return;
  source_.prefetch_dependencies(at(id).name, wanted.offered->version);
}

PackageId Universe::package(const std::string& name) {
  const auto found = ids_.find(name);
  if (found != ids_.end()) return found->second;
  const auto id = static_cast<PackageId>(packages_.size());
  Package& package = packages_.emplace_back();
  package.name = name;
  ids_.emplace(name, id);
  if (!url_only_.contains(name)) load_offer(package);
  for (const std::string& url : urls_[name]) append_url(package, url);
  return id;
}

PackageId Universe::extra(PackageId base, const std::string& extra) {
  const auto [entry, is_new] =
      packages_[base].extras.emplace(extra, static_cast<PackageId>(packages_.size()));
  if (is_new) {
    Package& package = packages_.emplace_back();
    package.name = packages_[base].name;
    package.extra = extra;
    package.base = base;
  }
  return entry->second;
}

std::string Universe::title(PackageId id) const {
  const Package& package = at(id);
  return package.extra.empty() ? package.name : package.name + "[" + package.extra + "]";
}

void Universe::load_offer(Package& package) {
  package.offer = &source_.versions(package.name);
  std::vector<const OfferedVersion*> order;
  order.reserve(package.offer->versions.size());
  for (const OfferedVersion& offered : package.offer->versions) order.push_back(&offered);
  const auto older = [](const OfferedVersion* a, const OfferedVersion* b) { return a->version < b->version; };
  if (!std::is_sorted(order.begin(), order.end(), older)) std::stable_sort(order.begin(), order.end(), older);
  // Two spellings of one version are one candidate: the usable one, else the first.
  for (const OfferedVersion* offered : order) {
    auto& list = package.candidates;
    if (list.empty() || list.back().offered->version != offered->version)
      list.push_back({offered, std::nullopt, true, nullptr, false});
    else if (list.back().offered->usability != Usability::usable && offered->usability == Usability::usable)
      list.back().offered = offered;
  }
  package.offered_count = package.candidates.size();
}

bool Universe::offer_url(const std::string& name, const std::string& url) {
  auto& urls = urls_[name];
  if (std::find(urls.begin(), urls.end(), url) != urls.end()) return false;
  urls.push_back(url);
  const auto found = ids_.find(name);
  if (found != ids_.end()) append_url(packages_[found->second], url);
  return true;
}

std::size_t Universe::url_candidate(PackageId id, const std::string& url) const {
  const auto& list = at(id).candidates;
  for (std::size_t index = at(id).offered_count; index < list.size(); ++index)
    if (list[index].url == url) return index + 1;
  return 0;
}

void Universe::append_url(Package& package, const std::string& url) {
  auto answer = source_.direct(package.name, url);
  Candidate candidate{nullptr, url, true, nullptr, false};
  if (auto* found = std::get_if<0>(&answer)) {
    candidate.offered = &owned_.emplace_back(OfferedVersion{std::move(found->first)});
    candidate.metadata = std::make_unique<Metadata>();
    judge(*candidate.metadata, found->second);
  } else {
    const Result<Version> unknown = Version::parse("0");
    candidate.offered = &owned_.emplace_back(
        OfferedVersion{*unknown, Usability::unreadable, false, {}, std::get<Unavailable>(answer).reason});
    candidate.readable = false;
  }
  package.candidates.push_back(std::move(candidate));
}

VersionSet Universe::matching(PackageId id, const SpecifierSet& specifier) const {
  const Package& package = at(id);
  const auto& clauses = specifier.clauses();
  VersionSet set = VersionSet::none(package.bits());
  if (clauses.empty())
    set.add_range(1, package.bits());
  else
    set = match_clause(package, clauses.front());
  for (std::size_t index = 1; index < clauses.size(); ++index) set &= match_clause(package, clauses[index]);
  return set;
}

const Metadata& Universe::metadata(PackageId id, std::size_t bit) {
  Candidate& candidate = packages_[id].candidates[bit - 1];
  if (candidate.metadata == nullptr)
    candidate.metadata = std::make_unique<Metadata>(read_metadata(packages_[id], candidate));
  return *candidate.metadata;
}

Metadata Universe::read_metadata(const Package& package, const Candidate& candidate) {
  Metadata metadata;
  const auto answer = source_.dependencies(package.name, candidate.offered->version);
  if (const auto* found = std::get_if<Dependencies>(&answer)) {
    judge(metadata, *found);
    for (const auto& [extra, id] : package.extras) judge_extra(metadata, *found, extra);
  } else {
    metadata.problem = std::get<Unavailable>(answer).reason;
    metadata.is_broken = std::get<Unavailable>(answer).is_broken;
  }
  return metadata;
}

void Universe::judge(Metadata& metadata, const Dependencies& dependencies) const {
  const auto& python = dependencies.requires_python;
  if (python && python_ && !python->matches(*python_)) metadata.other_python = as_written(*python);
  if (input_.without_dependencies) return;
  std::vector<const Requirement*> chosen;
  for (const Requirement& requirement : dependencies.requires_dist) {
    if (overrides_.contains(requirement.normalized_name) && !requirement.marker.mentions_extra()) {
      chosen.push_back(&requirement);
      continue;
    }
    const Result<bool> value = holds(requirement.marker, {}, MarkerContext::metadata);
    if (!value)
      metadata.problem =
          "its dependency '" + requirement.canonical() + "' cannot be judged: " + value.error().message;
    else if (*value)
      chosen.push_back(&requirement);
  }
  keep(chosen, metadata.base);
}

void Universe::judge_extra(Metadata& metadata, const Dependencies& dependencies,
                           const std::string& name) const {
  Metadata::Extra& extra = metadata.extras[name];
  const auto& declared = dependencies.provides_extra;
  extra.is_declared = std::find(declared.begin(), declared.end(), name) != declared.end();
  if (input_.without_dependencies) return;
  std::vector<const Requirement*> chosen;
  for (const Requirement& requirement : dependencies.requires_dist) {
    if (!requirement.marker.depends_on_extra(name)) continue;
    const Result<bool> without = holds(requirement.marker, {}, MarkerContext::metadata);
    const Result<bool> with = holds(requirement.marker, name, MarkerContext::metadata);
    if (with && *with && without && !*without) chosen.push_back(&requirement);
  }
  keep(chosen, extra.needs);
}

void Universe::keep(const std::vector<const Requirement*>& chosen, Needs& out) const {
  out.kept.reserve(chosen.size());  // `needs` points into `kept`
  for (const Requirement* requirement : chosen) {
    const auto found = overrides_.find(requirement->normalized_name);
    if (found == overrides_.end())
      out.needs.push_back({&out.kept.emplace_back(*requirement), false});
    else
      for (const Requirement* replacement : found->second) out.needs.push_back({replacement, true});
  }
}

const Metadata::Extra& Universe::extra_of(PackageId base, std::size_t bit, const std::string& name) {
  metadata(base, bit);
  Candidate& candidate = packages_[base].candidates[bit - 1];
  const auto known = candidate.metadata->extras.find(name);
  if (known != candidate.metadata->extras.end()) return known->second;
  if (const auto dependencies = ask_again(base, bit)) judge_extra(*candidate.metadata, *dependencies, name);
  return candidate.metadata->extras[name];
}

std::optional<Dependencies> Universe::ask_again(PackageId base, std::size_t bit) {
  const Candidate& candidate = at(base).candidate(bit);
  if (candidate.url) {
    auto answer = source_.direct(at(base).name, *candidate.url);
    if (auto* found = std::get_if<0>(&answer)) return std::move(found->second);
    return std::nullopt;
  }
  auto answer = source_.dependencies(at(base).name, candidate.offered->version);
  if (auto* found = std::get_if<Dependencies>(&answer)) return std::move(*found);
  return std::nullopt;
}

std::vector<std::string> Universe::declared_extras(PackageId base, std::size_t bit) {
  const auto dependencies = ask_again(base, bit);
  return dependencies ? dependencies->provides_extra : std::vector<std::string>();
}

const std::vector<Need>& Universe::extra_needs(PackageId base, std::size_t bit, const std::string& extra) {
  return extra_of(base, bit, extra).needs.needs;
}

bool Universe::provides(PackageId base, std::size_t bit, const std::string& extra) {
  const Metadata::Extra& known = extra_of(base, bit, extra);
  return known.is_declared || !known.needs.needs.empty();
}

std::vector<const Requirement*> Universe::active(const std::vector<Requirement>& requirements,
                                                 std::vector<std::string>& problems) const {
  std::vector<const Requirement*> result;
  for (const Requirement& requirement : requirements) {
    const Result<bool> value = holds(requirement.marker, {}, MarkerContext::requirement);
    if (!value)
      problems.push_back("The marker of '" + requirement.canonical() +
                         "' cannot be judged: " + value.error().message + ".");
    else if (*value)
      result.push_back(&requirement);
  }
  return result;
}

std::vector<Need> Universe::user_needs(std::vector<std::string>& problems) const {
  std::vector<Need> needs;
  for (const Requirement& requirement : input_.requirements)
    if (const auto found = overrides_.find(requirement.normalized_name); found != overrides_.end())
      for (const Requirement* replacement : found->second) needs.push_back({replacement, true});
  for (const Requirement* requirement : active(input_.requirements, problems))
    if (!overrides_.contains(requirement->normalized_name)) needs.push_back({requirement, false});
  return needs;
}

}  // namespace pypackaging::resolver
