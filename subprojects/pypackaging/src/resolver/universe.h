#pragma once
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine.h"
#include "pypackaging/resolver.h"

namespace pypackaging::resolver {

/// A requirement as it counts: after overrides and markers.
struct Need {
  const Requirement* requirement = nullptr;
  bool overridden = false;
};

/// The needs of a candidate under one condition. Of what its metadata says most holds elsewhere, or for
/// extras that nobody asks for: it is not kept, a search may look at thousands of versions.
struct Needs {
  std::vector<Requirement> kept;
  std::vector<Need> needs;  ///< point into `kept`, or at overrides
};

/// What a candidate needs, or why it cannot be used.
struct Metadata {
  Needs base;
  struct Extra {
    Needs needs;               ///< beyond those of the package itself
    bool is_declared = false;  ///< in Provides-Extra
  };
  std::map<std::string, Extra> extras;      ///< those that were asked for
  std::string problem;                      ///< not empty: unusable
  bool is_broken = false;                   ///< the problem is that of the file itself
  std::optional<std::string> other_python;  ///< the Requires-Python that is not met
};

/// One thing that can be chosen for a package.
struct Candidate {
  const OfferedVersion* offered;   ///< never null; for a direct reference one that the universe owns
  std::optional<std::string> url;  ///< of a direct reference
  bool readable = true;            ///< false: a direct reference that could not be read; `offered` says why
  std::unique_ptr<Metadata> metadata;
  bool metadata_wanted = false;  ///< the source was told that it will be asked for
};

struct Package {
  std::string name;
  std::string extra;          ///< not empty: the package stands for "this extra of `base` is asked for"
  PackageId base = kNothing;  ///< of an extra
  const PackageOffer* offer = nullptr;  ///< null: not asked for, because a direct reference was given
  std::vector<Candidate> candidates;    ///< bit i + 1; offered versions ascending, then direct references
  std::size_t offered_count = 0;
  std::map<std::string, PackageId> extras;

  std::size_t bits() const { return (base == kNothing ? candidates.size() : 1) + 1; }
  const Candidate& candidate(std::size_t bit) const { return candidates[bit - 1]; }
};

/// Every package that the search has met, with facts asked from the source once. Outlives restarts of the
/// search.
class Universe {
 public:
  Universe(const ResolveInput& input, PackageSource& source);

  /// The package's id; asks the source the first time.
  PackageId package(const std::string& name);
  bool is_loaded(const std::string& name) const { return ids_.contains(name); }
  PackageId extra(PackageId base, const std::string& extra);
  const Package& at(PackageId id) const { return packages_[id]; }
  std::size_t size() const { return packages_.size(); }
  /// The display name: `name` or `name[extra]`.
  std::string title(PackageId id) const;

  /// Makes a direct reference a candidate. True when it was not one before.
  bool offer_url(const std::string& name, const std::string& url);
  std::size_t url_candidate(PackageId id, const std::string& url) const;
  /// Only the given references are candidates of `name`; to be said before the package is first asked for.
  void only_urls(const std::string& name) { url_only_.insert(name); }

  /// The candidates whose version matches.
  VersionSet matching(PackageId id, const SpecifierSet& specifier) const;
  const Metadata& metadata(PackageId id, std::size_t candidate);
  bool has_metadata(PackageId id, std::size_t candidate) const {
    return at(id).candidate(candidate).metadata != nullptr;
  }
  const std::vector<Need>& extra_needs(PackageId base, std::size_t candidate, const std::string& extra);
  /// Whether the version declares the extra, in Provides-Extra or by a marker.
  bool provides(PackageId base, std::size_t candidate, const std::string& extra);
  /// The extras that the version declares, normalised. Asks the source anew: only for messages.
  std::vector<std::string> declared_extras(PackageId base, std::size_t candidate);
  void want(const std::string& name);
  void want_metadata(PackageId id, std::size_t candidate);

  /// What remains of the requirements written by the user. Markers that cannot be judged are told in
  /// `problems`.
  std::vector<Need> user_needs(std::vector<std::string>& problems) const;
  std::vector<const Requirement*> active(const std::vector<Requirement>& requirements,
                                         std::vector<std::string>& problems) const;

 private:
  void load_offer(Package& package);
  void append_url(Package& package, const std::string& url);
  Metadata read_metadata(const Package& package, const Candidate& candidate);
  void judge(Metadata& metadata, const Dependencies& dependencies) const;
  void judge_extra(Metadata& metadata, const Dependencies& dependencies, const std::string& extra) const;
  /// What the source says of a candidate whose metadata was read; nullopt: not any more.
  std::optional<Dependencies> ask_again(PackageId base, std::size_t candidate);
  const Metadata::Extra& extra_of(PackageId base, std::size_t candidate, const std::string& extra);
  Result<bool> holds(const Marker& marker, const std::string& extra, MarkerContext context) const;
  /// The requirements, or the overrides that apply in their places.
  void keep(const std::vector<const Requirement*>& chosen, Needs& out) const;

  const ResolveInput& input_;
  PackageSource& source_;
  std::optional<Version> python_;
  std::map<std::string, std::vector<const Requirement*>> overrides_;  ///< all, and which hold
  std::deque<Package> packages_;
  std::unordered_map<std::string, PackageId> ids_;
  std::map<std::string, std::vector<std::string>> urls_;
  std::set<std::string> url_only_;
  std::set<std::string> wanted_;
  std::deque<OfferedVersion> owned_;
};

/// The clauses in the order of their author.
std::string as_written(const SpecifierSet& specifier);

/// `requirement` without its marker.
std::string display(const Requirement& requirement);

}  // namespace pypackaging::resolver
