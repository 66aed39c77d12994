#pragma once
#include <compare>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "universe.h"

namespace pypackaging::resolver {

/// Why a candidate cannot be chosen.
enum class Reason {
  no_matching_wheel,
  needs_other_python,
  excluded_by_date,
  yanked,
  unreadable,
  prerelease,
  metadata_unavailable
};

struct Exclusion {
  Reason reason;
  std::string detail;
  std::string advice = {};
  std::string newest = {};  ///< not empty: `detail` is that of this version, the newest of several
  auto operator<=>(const Exclusion&) const = default;
};

/// Decides which candidates may be chosen, and which are preferred: usability, yanked releases, prereleases,
/// direct references. Kept across restarts of the search, with the candidates that it has admitted or
/// restricted.
///
/// Yanked versions and direct references are *conditional*: a solution may contain one only if a requirement
/// names exactly it. One that the user names is not conditional. One that a dependency names is at first
/// admitted for all requirements, which may then share it; if a solution contains it without a requirement
/// that names it, it becomes `named_only`: only requirements that name it allow it.
class Eligibility {
 public:
  Eligibility(const ResolveInput& input, const Universe& universe);

  /// Call once for every requirement, constraint and override of the user that applies.
  void note_user_requirement(const Requirement& requirement);

  /// The candidates of the package that `requirement` allows.
  VersionSet allowed(PackageId package, const Requirement& requirement) const;
  /// Admits the candidates that a dependency names. True if that changes an assumption of the search, which
  /// must then restart.
  bool note_dependency(PackageId package, const Requirement& requirement);
  /// Makes a conditional candidate `named_only`, after a solution had it without a requirement that names it.
  void restrict(PackageId package, std::size_t candidate) { named_only_.insert(key(package, candidate)); }
  bool is_conditional(PackageId package, std::size_t candidate) const;
  /// Whether `requirement` names exactly this candidate.
  bool names(PackageId package, std::size_t candidate, const Requirement& requirement) const;

  std::optional<Exclusion> exclusion(PackageId package, std::size_t candidate) const;
  VersionSet excluded(PackageId package) const;
  /// The candidates that are chosen only if no other candidate of the package remains.
  VersionSet last_resort(PackageId package) const;
  /// The candidates by rank, lowest first; empty if all have the same.
  std::vector<VersionSet> tiers(PackageId package) const;
  std::size_t preference(PackageId package) const;  ///< the preferred candidate, or 0

 private:
  using Key = std::pair<std::string, std::string>;  ///< name; canonical version or URL
  Key key(PackageId package, std::size_t candidate) const;
  bool prerelease_counts(PackageId package, std::size_t candidate) const;
  PrereleaseMode prerelease_mode(PackageId package) const;

  const ResolveInput& input_;
  const Universe& universe_;
  std::set<std::string> explicit_prereleases_;
  std::map<std::string, std::vector<const Requirement*>> user_requirements_;
  std::set<Key> admitted_;
  std::set<Key> named_only_;
};

}  // namespace pypackaging::resolver
