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

/// A requirement that applies, after overrides and markers.
struct Need {
  const Requirement* requirement = nullptr;
  bool overridden = false;
};

/// The needs of a candidate itself, or of one of its extras. Requirements for other environments and unused
/// extras are not kept: a search may read the metadata of thousands of versions.
struct Needs {
  std::vector<Requirement> kept;
  std::vector<Need> needs;  ///< point into `kept`, or at overrides
};

/// The needs of a candidate, or why it cannot be used.
struct Metadata {
  Needs base;
  struct Extra {
    Needs needs;               ///< beyond those of the package itself
    bool is_declared = false;  ///< in Provides-Extra
  };
  std::map<std::string, Extra> extras;      ///< those that were requested
  std::string problem;                      ///< not empty: unusable
  bool is_broken = false;                   ///< the file itself is damaged or missing
  std::optional<std::string> other_python;  ///< the Requires-Python that is not met
};

/// An offered version or direct reference that can be chosen for a package.
struct Candidate {
  const OfferedVersion* offered;   ///< never null; for a direct reference one that the universe owns
  std::optional<std::string> url;  ///< of a direct reference
  bool readable = true;            ///< false: unreadable direct reference; `offered` holds the reason
  std::unique_ptr<Metadata> metadata;
  bool metadata_prefetched = false;  ///< prefetch_dependencies was called
};

struct Package {
  std::string name;
  std::string extra;                    ///< not empty: a virtual package for this extra of `base`
  PackageId base = kNothing;            ///< of an extra
  const PackageOffer* offer = nullptr;  ///< null: not loaded, because only direct references count
  std::vector<Candidate> candidates;    ///< bit i + 1; offered ones ascending, then direct references
  std::size_t offered_count = 0;
  std::map<std::string, PackageId> extras;

  std::size_t bits() const { return (base == kNothing ? candidates.size() : 1) + 1; }
  const Candidate& candidate(std::size_t bit) const { return candidates[bit - 1]; }
};

/// All packages that the search has reached, with cached answers of the source. Kept across restarts of the
/// search.
class Universe {
 public:
  Universe(const ResolveInput& input, PackageSource& source);

  /// The package's id; queries the source on the first call.
  PackageId package(const std::string& name);
  bool is_loaded(const std::string& name) const { return ids_.contains(name); }
  PackageId extra(PackageId base, const std::string& extra);
  const Package& at(PackageId id) const { return packages_[id]; }
  std::size_t size() const { return packages_.size(); }
  /// The display name: `name` or `name[extra]`.
  std::string title(PackageId id) const;

  /// Makes a direct reference a candidate. True if it is a new one.
  bool offer_url(const std::string& name, const std::string& url);
  std::size_t url_candidate(PackageId id, const std::string& url) const;
  /// Restricts the candidates of `name` to direct references. Call it before the first `package(name)`.
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
  /// The extras that the version declares, normalised. Queries the source again: only for messages.
  std::vector<std::string> declared_extras(PackageId base, std::size_t candidate);
  void prefetch(const std::string& name);
  void prefetch_metadata(PackageId id, std::size_t candidate);

  /// The user's requirements that apply, after overrides and markers. A marker that cannot be evaluated adds
  /// a message to `problems`.
  std::vector<Need> user_needs(std::vector<std::string>& problems) const;
  std::vector<const Requirement*> active(const std::vector<Requirement>& requirements,
                                         std::vector<std::string>& problems) const;

 private:
  void load_offer(Package& package);
  void append_url(Package& package, const std::string& url);
  Metadata read_metadata(const Package& package, const Candidate& candidate);
  void judge(Metadata& metadata, const Dependencies& dependencies) const;
  void judge_extra(Metadata& metadata, const Dependencies& dependencies, const std::string& extra) const;
  /// Queries the source again for a candidate whose metadata was read before; nullopt if it is no longer
  /// available.
  std::optional<Dependencies> ask_again(PackageId base, std::size_t candidate);
  const Metadata::Extra& extra_of(PackageId base, std::size_t candidate, const std::string& extra);
  Result<bool> holds(const Marker& marker, const std::string& extra, MarkerContext context) const;
  /// Adds the requirements to `out`, those with overrides replaced by the overrides that apply.
  void keep(const std::vector<const Requirement*>& chosen, Needs& out) const;

  const ResolveInput& input_;
  PackageSource& source_;
  std::optional<Version> python_;
  std::map<std::string, std::vector<const Requirement*>> overrides_;  ///< by name; lists those that apply
  std::deque<Package> packages_;
  std::unordered_map<std::string, PackageId> ids_;
  std::map<std::string, std::vector<std::string>> urls_;
  std::set<std::string> url_only_;
  std::set<std::string> prefetched_;
  std::deque<OfferedVersion> owned_;
};

/// The clauses in their written order.
std::string as_written(const SpecifierSet& specifier);

/// `requirement` without its marker.
std::string display(const Requirement& requirement);

}  // namespace pypackaging::resolver
