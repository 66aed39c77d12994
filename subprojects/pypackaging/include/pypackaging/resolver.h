#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "pypackaging/marker.h"
#include "pypackaging/requirement.h"
#include "pypackaging/version.h"

namespace pypackaging {

/// Why a version cannot be used, for the explanation. Only `usable` ones take part in the resolution.
enum class Usability {
  usable,
  no_matching_wheel,
  needs_other_python,
  excluded_by_date,
  yanked_file,
  unreadable
};

/// One version of a package as an index (or a find-links folder) offers it.
struct OfferedVersion {
  Version version;
  Usability usability = Usability::usable;
  bool yanked = false;  ///< all its files are yanked (PEP 592): usable only when pinned by == or ===
  std::string yanked_reason = {};
  std::string detail = {};  ///< `usability` as text: "wheels for cp312 only", ">=3.12"
  std::string advice = {};  ///< for a hint: "try --python 3.12"; empty: no advice is known
  std::size_t rank = 0;     ///< versions of a lower rank are tried first (uv's unsafe-first-match)
};

/// Why `versions` returns no versions.
enum class Absence { none, not_found, offline, network_disabled };

struct PackageOffer {
  std::vector<OfferedVersion> versions;  ///< any order
  Absence absence = Absence::none;
  std::string where = {};  ///< searched location, for the explanation: "the default index", "FOLDER"
  /// PEP 792, for a warning: "archived (unmaintained)"; empty: active.
  std::string status = {};
};

/// The parts of a version's core metadata that resolution needs.
struct Dependencies {
  std::vector<Requirement> requires_dist;
  std::vector<std::string> provides_extra;  ///< normalised
  std::optional<SpecifierSet> requires_python;
};

/// Metadata that could not be obtained: the version is skipped, and `reason` appears in explanations.
/// `is_broken`: the file itself is damaged or missing, as opposed to content that cannot be interpreted.
struct Unavailable {
  std::string reason;
  bool is_broken = false;
};

/// The resolver's source of package data. `prefetch_*` are hints, which allow an implementation to have many
/// requests in flight; the other calls may block. Called from the resolver's thread only. An exception of the
/// implementation passes through `resolve` unchanged.
class PackageSource {
 public:
  virtual ~PackageSource() = default;
  virtual void prefetch_versions(const std::string& name) { (void)name; }
  virtual void prefetch_dependencies(const std::string& name, const Version& version) {
    (void)name, (void)version;
  }
  /// Reports a decision, which may still be undone: the implementation can start to fetch the wheel.
  virtual void decided(const std::string& name, const Version& version) { (void)name, (void)version; }
  /// The reference must stay valid until `resolve` returns.
  virtual const PackageOffer& versions(const std::string& name) = 0;
  virtual std::variant<Dependencies, Unavailable> dependencies(const std::string& name,
                                                               const Version& version) = 0;
  /// The version of a direct reference, and its dependencies.
  virtual std::variant<std::pair<Version, Dependencies>, Unavailable> direct(const std::string& name,
                                                                             const std::string& url) = 0;
};

/// uv's names. `if_necessary`: a prerelease is chosen only if no final release of the package works, whether
/// the requirement is the user's or a dependency's. `explicit_only`: the same for packages of which a
/// requirement of the user mentions a prerelease; others get no prereleases. uv's `if-necessary-or-explicit`
/// is the old name of `if_necessary`.
enum class PrereleaseMode { disallow, allow, if_necessary, explicit_only };
enum class Strategy { highest, lowest, lowest_direct };

struct ResolveInput {
  std::vector<Requirement> requirements;
  std::vector<Requirement> constraints;  ///< restrict required packages; extras are ignored
  std::vector<Requirement> overrides;    ///< replace every requirement with that name, whatever its origin
  std::map<std::string, Version> preferences;  ///< chosen if allowed: versions of a lock or an earlier result
  MarkerEnvironment environment;
  std::optional<Version> python;  ///< checked against Requires-Python; absent: not checked
  PrereleaseMode prereleases = PrereleaseMode::if_necessary;
  /// By normalised name, overrides `prereleases`.
  std::map<std::string, PrereleaseMode> package_prereleases = {};
  Strategy strategy = Strategy::highest;
  bool without_dependencies = false;  ///< only the requirements themselves are resolved
};

struct Pin {
  Version version;
  std::set<std::string> extras;           ///< activated, normalised
  std::optional<std::string> url;         ///< of a direct reference
  std::vector<std::string> dependencies;  ///< normalised names of the pins that it needs, sorted
};

/// A version that would have been chosen instead if its metadata had been readable.
struct PassedOver {
  std::string name;
  Version version;
  std::string reason;
  bool is_broken = false;  ///< as in Unavailable
};

struct Resolution {
  std::map<std::string, Pin> pins;  ///< by normalised name
  /// Warnings for the user, one sentence each: extras that do not exist, yanked versions.
  std::vector<std::string> warnings;
  std::vector<PassedOver> passed_over;
};

/// There is no solution. The explanations merge chains of reasons, reduce versions to those that the index
/// has, and end with hints.
struct Conflict {
  std::string explanation;         ///< fits on a screen
  std::string full_explanation;    ///< with every step
  std::vector<std::string> hints;  ///< also at the end of the explanations
};

/// Resolves with PubGrub. Deterministic for the same answers of `source`. Reads only the metadata that the
/// search reaches.
std::variant<Resolution, Conflict> resolve(const ResolveInput& input, PackageSource& source);

}  // namespace pypackaging
