#pragma once
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "pypackaging/metadata.h"
#include "pypackaging/resolver.h"
#include "python/index/index_client.h"
#include "python/interpreter/interpreter.h"
#include "python/resolve/candidate_cache.h"
#include "python/resolve/candidates.h"
#include "python/resolve/progress.h"
#include "python/resolve/resolve.h"
#include "python/resolve/upload_cutoffs.h"
#include "python/settings/static_metadata.h"

namespace envstore {

/// Receives wheels that a resolution will likely need, before they are decided. Thread-safe.
class WheelPrefetch {
 public:
  virtual ~WheelPrefetch() = default;
  virtual void prefetch(const std::string& name, const pypackaging::Version& version,
                        const IndexFile& file) = 0;
};

/// Core metadata of source distributions; implemented by python/provision, which builds them. Thread-safe.
class SourceDistributions {
 public:
  virtual ~SourceDistributions() = default;
  /// METADATA of the wheel that the file becomes, without its description. Downloads it, and builds as much
  /// as is necessary, unless the store has them: blocks. Throws the errors of downloads, and those of
  /// builds, which name the package.
  virtual std::string metadata(const std::string& name, const pypackaging::Version& version,
                               const IndexFile& file) = 0;
  /// The same without running any code of the package: from the store, or from static fields (PEP 643).
  /// nullopt: that is not enough.
  virtual std::optional<std::string> static_metadata(const std::string& name,
                                                     const pypackaging::Version& version,
                                                     const IndexFile& file) = 0;
};

inline bool is_wheel(const IndexFile& file) {
  return file.filename.ends_with(".whl");
}

/// Provides the resolver with facts from index pages and core metadata. Prefetches what a likely answer needs
/// (pages, metadata, the dependencies' pages, ...) before the resolver requires it, so that round trips grow
/// with the depth of the dependency graph, not with the number of packages. Wheels are prefetched while the
/// likely versions are compatible; after the first conflict or error no more are, because the resolution may
/// fail.
class IndexSource final : public FileSource {
 public:
  struct Rules {
    const Interpreter& interpreter;
    const pypackaging::TagPriority& tags;
    pypackaging::Version python;
    UploadCutoffs cutoffs;
    const RequiredHashes& hashes;
    std::map<std::string, pypackaging::Version> preferences;
    const ResolutionSettings& settings;
  };

  IndexSource(StoreWriter& store, IndexClient& client, WheelPrefetch& wheels, SourceDistributions& sdists,
              Progress& progress, Rules rules);
  ~IndexSource() override;  ///< waits for the prefetching threads

  void prefetch_versions(const std::string& name) override;
  void prefetch_dependencies(const std::string& name, const pypackaging::Version& version) override;
  void decided(const std::string& name, const pypackaging::Version& version) override;
  const pypackaging::PackageOffer& versions(const std::string& name) override;
  std::variant<pypackaging::Dependencies, pypackaging::Unavailable> dependencies(
      const std::string& name, const pypackaging::Version& version) override;
  std::variant<std::pair<pypackaging::Version, pypackaging::Dependencies>, pypackaging::Unavailable> direct(
      const std::string& name, const std::string& url) override;

  /// Starts prefetching from the user's requirements.
  void look_ahead(const std::vector<pypackaging::Requirement>& requirements);
  /// Saves the candidates found on the pages that were read, for later resolutions.
  void save_candidates() { cache_.save(); }
  IndexFile file_of(const std::string& name, const pypackaging::Pin& pin) override;

 private:
  using CandidatesPointer = std::shared_ptr<const Candidates>;
  using MetadataPointer = std::shared_ptr<const pypackaging::CoreMetadata>;

  using Extras = std::set<std::string, std::less<>>;
  /// Core metadata: `text` may still be in transfer; `core` is parsed by its first reader.
  struct Metadata {
    std::shared_future<std::string> text;
    std::shared_future<MetadataPointer> core;
  };
  /// The version that the resolver will likely take, with its file.
  struct Likely {
    pypackaging::Version version;
    IndexFile file;
  };
  /// A wheel that is prefetched once all its dependencies have a likely version.
  struct PrefetchedWheel {
    std::string name;
    Likely likely;
    std::size_t missing = 0;  ///< steps without a likely version yet, plus 1 while steps are added
  };
  using PrefetchedWheelPointer = std::shared_ptr<PrefetchedWheel>;
  /// A project that the resolver will likely visit. `needed_by` null: the user's own requirement.
  struct Step {
    std::string name;
    pypackaging::SpecifierSet specifier;
    Extras extras;
    PrefetchedWheelPointer needed_by;
  };
  using Steps = std::vector<Step>;

  std::shared_future<CandidatesPointer> candidates(const std::string& name);
  Metadata metadata(const IndexFile& file);
  MetadataPointer likely_metadata(const std::string& name, const Likely& likely);
  CandidateRules candidate_rules(const std::string& name) const;
  bool may_keep_candidates(const std::string& name) const;
  CandidatesPointer known_candidates(const std::string& name);
  CandidatesPointer load_candidates(const std::string& name);
  void add_step(Steps& steps, const pypackaging::Requirement& requirement, const Extras& active_extras,
                pypackaging::MarkerContext context, const PrefetchedWheelPointer& needed_by);
  void follow_all(Steps steps);
  bool follow_at_hand(const Step& step, Steps& steps);
  void follow_later(Step step);
  void follow(const Step& step, Steps& steps);
  std::optional<Likely> likely(const Candidates& known, const Step& step) const;
  void note_likely(const Step& step, const Likely& likely);
  void settle(const PrefetchedWheelPointer& prefetched);
  void end_first_step();
  void doubt();
  std::variant<pypackaging::Dependencies, pypackaging::Unavailable> dependencies_in(
      const std::string& name, const pypackaging::Version& version, const IndexFile& file);
  MetadataPointer core_of(const std::string& name, const pypackaging::Version& version,
                          const IndexFile& file);

  IndexClient& client_;
  WheelPrefetch& wheels_;
  SourceDistributions& sdists_;
  Progress& progress_;
  const Rules rules_;
  const std::vector<StaticMetadata> static_metadata_;
  CandidateCache cache_;
  std::mutex mutex_;  ///< protects the maps below and `ahead_`
  std::map<std::string, std::shared_future<CandidatesPointer>> candidates_;
  std::map<std::string, Metadata> metadata_;
  std::set<std::string> followed_;
  std::map<std::string, std::vector<pypackaging::SpecifierSet>> wanted_;  ///< all specifiers seen, by project
  std::map<std::string, pypackaging::Version> likely_;
  std::size_t first_steps_ = 0;  ///< the user's requirements whose dependencies are not known yet
  bool is_in_doubt_ = false;     ///< prefetching met a conflict or an error
  std::vector<PrefetchedWheelPointer> held_;  ///< until first_steps_ is 0
  std::vector<std::future<void>> ahead_;
  bool is_closing_ = false;
  // Used by the resolver's thread only:
  std::map<std::string, CandidatesPointer> handed_out_;
};

/// The rules of a layer's resolution. The arguments must outlive the result. `now_ns`: for cut-offs that are
/// spans.
IndexSource::Rules source_rules(const Layer& layer, const Interpreter& interpreter,
                                const pypackaging::TagPriority& tags, const PreferredVersions& preferred,
                                const RequiredHashes& hashes, std::int64_t now_ns);

/// The file of a direct reference: an http(s) or file URL of a wheel. Throws Error{unsupported} for
/// anything but a wheel.
IndexFile direct_file(const std::string& name, const std::string& url);

}  // namespace envstore
