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

/// Why a version cannot be used here, for the explanation. `usable` ones take part in the resolution.
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
  std::string detail = {};  ///< a person's words on `usability`: "wheels for cp312 only", ">=3.12"
  std::string advice = {};  ///< what would help, for a hint: "try --python 3.12"; empty: nothing is known
};

/// What `versions` answers when there is nothing to choose from.
enum class Absence { none, not_found, offline, network_disabled };

struct PackageOffer {
  std::vector<OfferedVersion> versions;  ///< any order
  Absence absence = Absence::none;
  std::string where = {};  ///< where it was looked for, for the explanation: "the default index", "FOLDER"
};

/// The parts of a version's core metadata that resolution needs.
struct Dependencies {
  std::vector<Requirement> requires_dist;
  std::vector<std::string> provides_extra;  ///< normalised
  std::optional<SpecifierSet> requires_python;
};

/// Metadata that could not be had: the version is skipped, and the text shows in an explanation. `is_broken`:
/// the file itself is damaged or not there, which is more than words in it that nobody understands.
struct Unavailable {
  std::string reason;
  bool is_broken = false;
};

/// Where the resolver gets its facts. `want_*` are hints that something will be asked soon, so that an
/// implementation can have many requests in flight; the others may block. Called from the resolver's thread
/// only. An exception of the implementation passes through `resolve` unchanged.
class PackageSource {
 public:
  virtual ~PackageSource() = default;
  virtual void want_versions(const std::string& name) { (void)name; }
  virtual void want_dependencies(const std::string& name, const Version& version) {
    (void)name, (void)version;
  }
  /// A decision that may still be taken back: a chance to start fetching the wheel.
  virtual void decided(const std::string& name, const Version& version) { (void)name, (void)version; }
  /// The reference must stay valid until `resolve` returns.
  virtual const PackageOffer& versions(const std::string& name) = 0;
  virtual std::variant<Dependencies, Unavailable> dependencies(const std::string& name,
                                                               const Version& version) = 0;
  /// The one version behind a direct reference, and what it needs.
  virtual std::variant<std::pair<Version, Dependencies>, Unavailable> direct(const std::string& name,
                                                                             const std::string& url) = 0;
};

/// uv's names. `if_necessary`: final releases first, a prerelease where what is wanted of a package has
/// nothing else that works, whoever wants it. `explicit_only`: the same for packages whose prereleases a
/// requirement of the user mentions, none of others. uv's `if-necessary-or-explicit` is the old name of
/// `if_necessary`.
enum class PrereleaseMode { disallow, allow, if_necessary, explicit_only };
enum class Strategy { highest, lowest, lowest_direct };

struct ResolveInput {
  std::vector<Requirement> requirements;
  std::vector<Requirement>
      constraints;                     ///< narrow a package that something else asks for; extras are ignored
  std::vector<Requirement> overrides;  ///< replace every requirement of that name, wherever it comes from
  std::map<std::string, Version>
      preferences;  ///< taken when allowed at all: versions of a lock or an older answer
  MarkerEnvironment environment;
  std::optional<Version> python;  ///< judged against Requires-Python; absent: not judged
  PrereleaseMode prereleases = PrereleaseMode::if_necessary;
  Strategy strategy = Strategy::highest;
};

struct Pin {
  Version version;
  std::set<std::string> extras;           ///< activated, normalised
  std::optional<std::string> url;         ///< of a direct reference
  std::vector<std::string> dependencies;  ///< normalised names of the pins that it needs, sorted
};

/// A version that the answer would have in the place of an older one, had its metadata been readable.
struct PassedOver {
  std::string name;
  Version version;
  std::string reason;
  bool is_broken = false;  ///< as in Unavailable
};

struct Resolution {
  std::map<std::string, Pin> pins;  ///< by normalised name
  /// What the user may not expect of the pins, one sentence each: extras that do not exist, yanked versions.
  std::vector<std::string> warnings;
  std::vector<PassedOver> passed_over;
};

/// There is no answer. `explanation` is the product: merged chains, versions collapsed to what the index has,
/// hints.
struct Conflict {
  std::string explanation;         ///< fits on a screen
  std::string full_explanation;    ///< every step of it
  std::vector<std::string> hints;  ///< also at the end of the explanations
};

/// PubGrub. Deterministic for the same answers of `source`. Needs no more metadata than the search touches.
std::variant<Resolution, Conflict> resolve(const ResolveInput& input, PackageSource& source);

}  // namespace pypackaging
