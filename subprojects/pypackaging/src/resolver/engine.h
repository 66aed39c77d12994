#pragma once
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "version_set.h"

namespace pypackaging::resolver {

using PackageId = std::uint32_t;
using FactId = std::uint32_t;  ///< identifies an incompatibility
inline constexpr std::uint32_t kNothing = 0xffffffff;

/// "The selection of `package` is in `set`." Never empty, never full.
struct Term {
  PackageId package;
  VersionSet set;
};

/// Terms that must not all hold. Either an input, which `leaf` identifies for the caller, or derived from
/// `left` and `right`.
struct Incompatibility {
  std::vector<Term> terms;  ///< sorted by package, at most one per package
  std::uint32_t leaf = kNothing;
  FactId left = kNothing;
  FactId right = kNothing;
  bool is_leaf() const { return left == kNothing; }
};

/// The core of PubGrub (Weizenbaum 2018): unit propagation, conflict resolution with backjumping, and the
/// derivation graph. Independent of versions, names and Python.
class Engine {
 public:
  /// Called for each conflict in propagation, with the violated incompatibility; used to order later
  /// decisions.
  struct Observer {
    virtual ~Observer() = default;
    virtual void conflict(const Incompatibility& fact) { (void)fact; }
  };

  explicit Engine(Observer* observer = nullptr) : observer_(observer) {}

  void add_package(PackageId package, std::size_t bits);
  bool has_package(PackageId package) const {
    return package < packages_.size() && packages_[package].bits != 0;
  }

  /// Adds a fact. Terms about one package are intersected; a term that always holds is left out. If the terms
  /// can never all hold, nothing is added and the result is kNothing.
  FactId add(std::vector<Term> terms, std::uint32_t leaf);
  /// Takes `old` out of propagation, because another fact implies it.
  void retire(FactId old) { state_[old] = State::retired; }

  /// Derives all consequences of changes to `package`. Returns the id of the empty incompatibility if there
  /// is no solution.
  std::optional<FactId> propagate(PackageId package);
  /// As `propagate`, for all facts; for facts that were added before any of their packages changed.
  std::optional<FactId> propagate_all();

  void decide(PackageId package, std::size_t candidate);
  /// Undoes the decision on `package` and all later ones.
  void undo_decision(PackageId package);

  const VersionSet& current(PackageId package) const;
  bool is_required(PackageId package) const { return !current(package).has(VersionSet::kAbsent); }
  /// The decided candidate, or 0.
  std::size_t decision(PackageId package) const { return packages_[package].decision; }
  /// Whether deciding `candidate` would make all terms of `fact` hold.
  bool would_conflict(FactId fact, PackageId package, std::size_t candidate) const;

  /// The packages whose current set has changed since the last call, each once.
  std::vector<PackageId> take_changed();

  const Incompatibility& fact(FactId id) const { return facts_[id]; }
  std::size_t package_count() const { return packages_.size(); }

 private:
  /// `idle`: a term is contradicted, until the trail becomes shorter than it was when this was found.
  enum class State : std::uint8_t { active, idle, retired };
  struct Assignment {
    PackageId package;
    VersionSet accumulated;  ///< after this assignment
    FactId cause;            ///< kNothing: a decision
    std::uint32_t level;
  };
  struct Package {
    std::size_t bits = 0;
    std::size_t decision = 0;
    bool changed = false;
    VersionSet everything;
    std::vector<std::uint32_t> assignments;  ///< positions on the trail
    std::vector<FactId> facts;
  };
  struct Satisfier {
    std::uint32_t position = 0;
    std::size_t term = 0;
    std::uint32_t previous_level = 0;
  };
  enum class Relation { satisfied, almost, contradicted, open };

  FactId store(Incompatibility body);
  void watch(FactId id);
  void note_change(PackageId package);
  void assign(PackageId package, VersionSet accumulated, FactId cause);
  void derive(PackageId package, FactId cause);
  void backtrack(std::uint32_t level);
  Relation relation(const Incompatibility& fact, PackageId& open) const;
  /// Considers the facts of `package`, and queues the packages that change.
  std::optional<FactId> visit(PackageId package);
  std::optional<FactId> consider(FactId id, bool& jumped);
  void enqueue(PackageId package);
  std::optional<FactId> drain();

  /// Returns the learned fact and the package that it now restricts, or the empty fact.
  std::pair<FactId, PackageId> resolve_conflict(FactId id);
  Satisfier find_satisfier(const Incompatibility& fact) const;
  std::uint32_t first_satisfying(const Term& term) const;
  std::uint32_t own_previous_level(const Term& term, std::uint32_t position) const;
  Incompatibility resolvent(FactId left, FactId right, PackageId package) const;

  Observer* observer_;
  std::vector<Incompatibility> facts_;
  std::vector<State> state_;  ///< separate from facts_, because most visits need only the state
  std::vector<std::pair<std::size_t, FactId>> idle_;  ///< the length of the trail at the time, and the fact
  std::vector<Package> packages_;
  std::vector<Assignment> trail_;
  std::vector<PackageId> queue_;
  std::vector<PackageId> changed_;
  std::uint32_t level_ = 0;
};

}  // namespace pypackaging::resolver
