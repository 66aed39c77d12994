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

/// Why a candidate must not be chosen.
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
  std::string newest = {};  ///< not empty: of many details this is the one of that version
  auto operator<=>(const Exclusion&) const = default;
};

/// Which candidates may be chosen, and in which order of liking: usability, yanked releases, prereleases,
/// direct references. Remembers across restarts of the search what it had to admit.
///
/// Yanked versions and direct references are *conditional*: they may be chosen only while a requirement names
/// exactly them. One that is named by the user is plain. One that was met in a dependency starts as
/// `admitted` for everyone (after the requirements met it may be shared); if an answer then contains it
/// without a requirement that names it, it becomes `named_only`: only requirements that name it contain it.
class Eligibility {
 public:
  Eligibility(const ResolveInput& input, const Universe& universe);

  /// Told once for every requirement, constraint and override of the user that counts.
  void note_user_requirement(const Requirement& requirement);

  /// What `requirement` allows of its package.
  VersionSet allowed(PackageId package, const Requirement& requirement) const;
  /// Notes what a dependency names. True when that changes what the search has assumed: it must start again.
  bool note_dependency(PackageId package, const Requirement& requirement);
  /// A conditional candidate was chosen without a requirement that names it: never again.
  void restrict(PackageId package, std::size_t candidate) { named_only_.insert(key(package, candidate)); }
  bool is_conditional(PackageId package, std::size_t candidate) const;
  /// Whether `requirement` names exactly this candidate.
  bool names(PackageId package, std::size_t candidate, const Requirement& requirement) const;

  std::optional<Exclusion> exclusion(PackageId package, std::size_t candidate) const;
  VersionSet excluded(PackageId package) const;
  /// The candidates that are taken only when no other of the package remains.
  VersionSet last_resort(PackageId package) const;
  std::size_t preference(PackageId package) const;  ///< the preferred candidate, or 0

 private:
  using Key = std::pair<std::string, std::string>;  ///< name; canonical version or URL
  Key key(PackageId package, std::size_t candidate) const;
  bool prerelease_counts(PackageId package, std::size_t candidate) const;

  const ResolveInput& input_;
  const Universe& universe_;
  std::set<std::string> explicit_prereleases_;
  std::map<std::string, std::vector<const Requirement*>> user_requirements_;
  std::set<Key> admitted_;
  std::set<Key> named_only_;
};

}  // namespace pypackaging::resolver
