#include "pypackaging/resolver.h"

#include <algorithm>

#include "eligibility.h"
#include "explain.h"
#include "search.h"
#include "universe.h"

namespace pypackaging {

using namespace resolver;

namespace {

/// The whole question: attempts of the search, and what is learned between them.
class Resolver {
 public:
  Resolver(const ResolveInput& input, PackageSource& source)
      : input_(input), source_(source), universe_(input, source), eligibility_(input, universe_) {}

  std::variant<Resolution, Conflict> run() {
    if (auto refused = read_input()) return *refused;
    // Ends: each repetition admits or restricts one more of finitely many candidates.
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

  bool restrict_unnamed(const Search& search) {
    bool changed = false;
    for_each_chosen(search, [&](PackageId id) {
      const std::size_t candidate = search.engine().decision(id);
      if (universe_.at(id).base != kNothing || !eligibility_.is_conditional(id, candidate)) return;
      bool named = false;
      for_each_chosen(search, [&](PackageId other) {
        for (const Need& need : needs_of(search, other))
          named = named || (other != id && need.requirement->normalized_name == universe_.at(id).name &&
                            eligibility_.names(id, candidate, *need.requirement));
      });
      if (named) return;
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
      if (package.base != kNothing) note_extra(package, candidate, pin, resolution);
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
    if (universe_.provides(package.base, candidate, package.extra))
      pin.extras.insert(package.extra);
    else
      resolution.warnings.push_back(package.name + " " + pin.version.canonical() + " has no extra '" +
                                    package.extra + "'");
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
