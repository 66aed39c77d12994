#include "pypackaging/resolver.h"

#include <algorithm>
#include <numeric>

#include "eligibility.h"
#include "explain.h"
#include "search.h"
#include "universe.h"

namespace pypackaging {

using namespace resolver;

namespace {

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

/// The nearest name; nullopt if none is near.
std::optional<std::string> nearest_name(const std::string& name, const std::vector<std::string>& names) {
  std::size_t best = std::max<std::size_t>(1, name.size() / 3) + 1;
  std::optional<std::string> found;
  for (const std::string& each : names)
    if (const std::size_t distance = edit_distance(name, each); distance < best) {
      best = distance;
      found = each;
    }
  return found;
}

std::string list_of_some(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 8;
  std::vector<std::string> shown(names.begin(),
                                 names.begin() + static_cast<std::ptrdiff_t>(std::min(kMost, names.size())));
  if (names.size() > kMost) shown.push_back(std::to_string(names.size() - kMost) + " more");
  return list_of(shown);
}

/// Runs attempts of the search, and keeps what is learned between them.
class Resolver {
 public:
  Resolver(const ResolveInput& input, PackageSource& source)
      : input_(input), source_(source), universe_(input, source), eligibility_(input, universe_) {}

  std::variant<Resolution, Conflict> run() {
    if (auto refused = read_input()) return *refused;
    // Terminates: each restart adds, admits or restricts one more of finitely many candidates.
    while (true) {
      Search search(input_, source_, universe_, eligibility_);
      switch (search.run(requirements_, constraints_)) {
        case Search::Outcome::restart:
          continue;
        case Search::Outcome::solved:
          if (restrict_unnamed(search)) continue;
          return answer(search);
        case Search::Outcome::failed:
          break;
      }
      return Explanation(input_, universe_, eligibility_, search).write();
    }
  }

 private:
  std::optional<Conflict> read_input() {
    std::vector<std::string> problems;
    requirements_ = universe_.user_needs(problems);
    constraints_ = universe_.active(input_.constraints, problems);
    if (!problems.empty()) {
      Conflict conflict;
      for (const std::string& problem : problems)
        conflict.explanation += (conflict.explanation.empty() ? "" : "\n") + problem;
      conflict.full_explanation = conflict.explanation;
      return conflict;
    }
    for (const Need& need : requirements_) note_user_requirement(*need.requirement);
    for (const Requirement* constraint : constraints_) note_user_requirement(*constraint);
    std::vector<std::string> ignored;
    for (const Requirement* requirement : universe_.active(input_.overrides, ignored))
      eligibility_.note_user_requirement(*requirement);
    return std::nullopt;
  }

  void note_user_requirement(const Requirement& requirement) {
    eligibility_.note_user_requirement(requirement);
    if (requirement.url) universe_.only_urls(requirement.normalized_name);
  }

  template <class Visit>
  void for_each_chosen(const Search& search, Visit visit) const {
    for (PackageId package = 0; package < universe_.size(); ++package)
      if (search.engine().has_package(package) && search.engine().decision(package) != 0) visit(package);
  }

  /// The needs of a chosen package, or of a chosen extra.
  const std::vector<Need>& needs_of(const Search& search, PackageId id) {
    const Package& package = universe_.at(id);
    if (package.base == kNothing) return universe_.metadata(id, search.engine().decision(id)).base.needs;
    return universe_.extra_needs(package.base, search.engine().decision(package.base), package.extra);
  }

  /// Whether a dependency of another chosen package names exactly this candidate.
  bool is_named_by_chosen(const Search& search, PackageId id, std::size_t candidate) {
    bool is_named = false;
    for_each_chosen(search, [&](PackageId other) {
      if (other == id) return;
      for (const Need& need : needs_of(search, other))
        is_named = is_named || (need.requirement->normalized_name == universe_.at(id).name &&
                                eligibility_.names(id, candidate, *need.requirement));
    });
    return is_named;
  }

  bool is_named_by_user(PackageId id, std::size_t candidate) const {
    const auto is_name = [&](const Requirement& requirement) {
      return requirement.normalized_name == universe_.at(id).name &&
             eligibility_.names(id, candidate, requirement);
    };
    return std::any_of(requirements_.begin(), requirements_.end(),
                       [&](const Need& need) { return is_name(*need.requirement); }) ||
           std::any_of(constraints_.begin(), constraints_.end(),
                       [&](const Requirement* constraint) { return is_name(*constraint); });
  }

  bool restrict_unnamed(const Search& search) {
    bool changed = false;
    for_each_chosen(search, [&](PackageId id) {
      const std::size_t candidate = search.engine().decision(id);
      if (universe_.at(id).base != kNothing || !eligibility_.is_conditional(id, candidate)) return;
      if (is_named_by_chosen(search, id, candidate)) return;
      eligibility_.restrict(id, candidate);
      changed = true;
    });
    return changed;
  }

  Resolution answer(const Search& search) {
    Resolution resolution;
    for_each_chosen(search, [&](PackageId id) {
      const Package& package = universe_.at(id);
      const std::size_t candidate = search.engine().decision(package.base == kNothing ? id : package.base);
      const Candidate& chosen =
          universe_.at(package.base == kNothing ? id : package.base).candidate(candidate);
      Pin& pin = resolution.pins.try_emplace(package.name, Pin{chosen.offered->version, {}, chosen.url, {}})
                     .first->second;
      if (package.base != kNothing)
        note_extra(package, candidate, pin, resolution);
      else
        note_version(search, id, candidate, resolution);
      for (const Need& need : needs_of(search, id))
        if (need.requirement->normalized_name != package.name)
          pin.dependencies.push_back(need.requirement->normalized_name);
    });
    for (auto& [name, pin] : resolution.pins) {
      std::sort(pin.dependencies.begin(), pin.dependencies.end());
      pin.dependencies.erase(std::unique(pin.dependencies.begin(), pin.dependencies.end()),
                             pin.dependencies.end());
    }
    return resolution;
  }

  void note_extra(const Package& package, std::size_t candidate, Pin& pin, Resolution& resolution) {
    if (universe_.provides(package.base, candidate, package.extra)) {
      pin.extras.insert(package.extra);
      return;
    }
    std::string text = package.name + " " + pin.version.canonical() + " has no extra '" + package.extra + "'";
    const auto declared = universe_.declared_extras(package.base, candidate);
    if (const auto nearest = nearest_name(package.extra, declared))
      text += "; did you mean '" + *nearest + "'?";
    else if (!declared.empty())
      text += "; it has " + list_of_some(declared);
    resolution.warnings.push_back(std::move(text));
  }

  void note_version(const Search& search, PackageId id, std::size_t chosen, Resolution& resolution) {
    const Package& package = universe_.at(id);
    const OfferedVersion& offered = *package.candidate(chosen).offered;
    if (offered.yanked) {
      const bool is_pinned = is_named_by_user(id, chosen) || is_named_by_chosen(search, id, chosen);
      resolution.warnings.push_back(
          package.name + " " + offered.version.canonical() + " was yanked" +
          (offered.yanked_reason.empty() ? "" : " (" + offered.yanked_reason + ")") +
          (is_pinned ? "; it is taken because it is pinned"
                     : "; it is kept from before, --upgrade-package " + package.name + " chooses another"));
    }
    note_status(package, resolution);
    for (std::size_t bit = 1; bit <= package.offered_count; ++bit) {
      const Metadata* metadata = package.candidate(bit).metadata.get();
      if (metadata == nullptr || metadata->problem.empty()) continue;
      if (!search.is_tried_before(id, bit, chosen) || !is_allowed(search, id, bit)) continue;
      resolution.passed_over.push_back(
          {package.name, package.candidate(bit).offered->version, metadata->problem, metadata->is_broken});
    }
  }

  /// An archived package that only another one needs is not the user's concern; a quarantined one is.
  void note_status(const Package& package, Resolution& resolution) const {
    if (package.offer == nullptr || package.offer->status.empty()) return;
    const std::string& status = package.offer->status;
    const bool is_asked_for = std::any_of(requirements_.begin(), requirements_.end(), [&](const Need& need) {
      return need.requirement->normalized_name == package.name;
    });
    if (is_asked_for || status.starts_with("quarantined"))
      resolution.warnings.push_back(package.name + " is " + status);
  }

  /// Whether the user's requirements and constraints and the needs of all other chosen packages allow this
  /// candidate.
  bool is_allowed(const Search& search, PackageId id, std::size_t candidate) {
    const std::string& name = universe_.at(id).name;
    const auto allows = [&](const Requirement& requirement) {
      return requirement.normalized_name != name || eligibility_.allowed(id, requirement).has(candidate);
    };
    bool allowed = true;
    for (const Need& need : requirements_) allowed = allowed && allows(*need.requirement);
    for (const Requirement* constraint : constraints_) allowed = allowed && allows(*constraint);
    for_each_chosen(search, [&](PackageId other) {
      if (other == id || universe_.at(other).base == id) return;
      for (const Need& need : needs_of(search, other)) allowed = allowed && allows(*need.requirement);
    });
    return allowed;
  }

  const ResolveInput& input_;
  PackageSource& source_;
  Universe universe_;
  Eligibility eligibility_;
  std::vector<Need> requirements_;
  std::vector<const Requirement*> constraints_;
};

}  // namespace

std::variant<Resolution, Conflict> resolve(const ResolveInput& input, PackageSource& source) {
  return Resolver(input, source).run();
}

}  // namespace pypackaging
