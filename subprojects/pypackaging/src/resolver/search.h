#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "eligibility.h"
#include "engine.h"
#include "universe.h"

namespace pypackaging::resolver {

/// The meaning of an input fact, for the explanation.
struct Leaf {
  enum class Kind {
    requirement,  ///< the user requires `target`
    constraint,   ///< the user's constraint on `target`
    dependency,   ///< versions of `package` (with `extra`) need `target`
    exclusion,    ///< versions of `package` that cannot be chosen
  };
  Kind kind;
  PackageId package = kNothing;
  PackageId extra = kNothing;
  PackageId target = kNothing;
  const Requirement* requirement = nullptr;
  bool overridden = false;
};

/// One attempt: makes decisions until every required package is decided (`solved`), until a proof shows that
/// this is impossible (`failed`), or until an assumption turns out wrong (`restart`).
class Search : private Engine::Observer {
 public:
  enum class Outcome { solved, failed, restart };

  Search(const ResolveInput& input, PackageSource& source, Universe& universe, Eligibility& eligibility);

  Outcome run(const std::vector<Need>& requirements, const std::vector<const Requirement*>& constraints);

  const Engine& engine() const { return engine_; }
  const std::vector<Leaf>& leaves() const { return leaves_; }
  FactId failure() const { return failure_; }
  std::size_t decisions() const { return decisions_; }
  /// Whether `candidate` of a package in this search is tried before `other`.
  bool is_tried_before(PackageId package, std::size_t candidate, std::size_t other) const;

 private:
  static constexpr int kNotOpen = 100;
  struct Effort {
    int affected = 0;  ///< conflicts that ruled out the package's candidate at once
    int culprit = 0;   ///< conflicts with an earlier decision on the package
    std::size_t tried = 0;
    std::size_t prefetch_at = 2;  ///< value of `tried` at which the next batch is prefetched
    bool early = false;
    bool late = false;
    int urgency = kNotOpen;
  };

  void conflict(const Incompatibility& fact) override;

  // Facts
  bool state_user_facts(const std::vector<Need>& requirements,
                        const std::vector<const Requirement*>& constraints);
  void request_needs(const std::vector<Need>& needs);
  PackageId meet(const std::string& name);
  PackageId meet_extra(PackageId base, const std::string& extra);
  void state_exclusions(PackageId package);
  void state_constraints(PackageId package);
  FactId state_dependency(const Leaf& leaf, std::size_t candidate, Term wanted);
  bool state_needs(PackageId package, PackageId extra, std::size_t candidate, const std::vector<Need>& needs);
  bool state_need(PackageId package, PackageId extra, std::size_t candidate, const Need& need);
  bool state_extras(PackageId package, std::size_t candidate);
  bool offer_urls(const std::vector<Need>& needs);

  // Decisions
  std::optional<PackageId> next_package() const;
  void review_changes();
  /// Lower is more urgent; kNotOpen: decided, or not required. Packages of equal urgency are decided in the
  /// order of discovery.
  int urgency(PackageId package) const;
  std::size_t pick(PackageId package) const;
  /// The candidate of `set` that is tried first, or 0.
  std::size_t best_of(PackageId package, const VersionSet& set) const;
  std::size_t best_within(PackageId package, const VersionSet& set) const;
  bool decide_package(PackageId package);
  bool decide_extra(PackageId extra);
  /// If a dependency of the candidate on a known package rules it out at once, adds that dependency and
  /// returns its fact; nullopt if none does; kNothing if the search must restart.
  std::optional<FactId> state_known_conflict(PackageId package, std::size_t candidate);
  void prefetch_more(PackageId package, std::size_t candidate);
  /// Prefetches the metadata of the first `count` candidates of `set` in the order in which they are tried;
  /// returns how many of `count` are left because the set has no more.
  std::size_t prefetch(PackageId package, VersionSet set, std::size_t count);
  void reorder();
  bool prefers_lowest(PackageId package) const;

  const ResolveInput& input_;
  PackageSource& source_;
  Universe& universe_;
  Eligibility& eligibility_;
  Engine engine_;
  std::vector<Leaf> leaves_;
  std::vector<FactId> exclusion_fact_;          ///< by package, or kNothing
  std::vector<VersionSet> last_resort_;         ///< by package
  std::vector<std::vector<VersionSet>> tiers_;  ///< by package
  std::vector<std::size_t> preference_;         ///< by package
  std::vector<Effort> effort_;
  std::vector<PackageId> met_;  ///< in the order of discovery
  std::set<std::tuple<PackageId, PackageId, std::size_t>> stated_;
  std::unordered_map<std::size_t, std::vector<FactId>> dependency_facts_;
  std::vector<FactId> fresh_;  ///< facts added for the candidate that is being decided
  std::map<std::string, std::vector<const Requirement*>> constraints_;
  std::set<std::string> direct_;  ///< names that the user requires
  std::vector<PackageId> to_reorder_;
  PackageId deciding_ = kNothing;
  FactId failure_ = kNothing;
  std::size_t decisions_ = 0;
};

}  // namespace pypackaging::resolver
