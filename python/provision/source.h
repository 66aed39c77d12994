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
#include "python/provision/fetch.h"
#include "python/provision/progress.h"
#include "python/resolve/candidate_cache.h"
#include "python/resolve/candidates.h"

namespace envstore {

/// Nanoseconds since 1970; files uploaded later do not exist.
struct UploadCutoffs {
  std::optional<std::int64_t> general_ns;
  std::map<std::string, std::optional<std::int64_t>> packages;  ///< normalised names that have their own
  bool moves = false;  ///< the general one is another in every resolution

  std::optional<std::int64_t> of(const std::string& name) const {
    const auto own = packages.find(name);
    return own == packages.end() ? general_ns : own->second;
  }
};

/// The resolver's facts out of index pages and core metadata. Runs ahead of the resolver: what a likely
/// answer needs (pages, metadata, their dependencies' pages, ...) is asked for before the resolver asks, so
/// that its depth, not its length, costs round trips. Wheels are prefetched while what lies ahead fits
/// together; with the first doubt no more are, since the request may turn out to be refused.
class IndexSource final : public pypackaging::PackageSource {
 public:
  struct Rules {
    const Interpreter& interpreter;
    const pypackaging::TagPriority& tags;
    pypackaging::Version python;
    UploadCutoffs cutoffs;
    const RequiredHashes& hashes;
    std::map<std::string, pypackaging::Version> preferences;
  };

  IndexSource(Store& store, IndexClient& client, WheelFetcher& fetcher, Progress& progress, Rules rules);
  ~IndexSource() override;  ///< waits for what runs ahead

  void want_versions(const std::string& name) override;
  void want_dependencies(const std::string& name, const pypackaging::Version& version) override;
  void decided(const std::string& name, const pypackaging::Version& version) override;
  const pypackaging::PackageOffer& versions(const std::string& name) override;
  std::variant<pypackaging::Dependencies, pypackaging::Unavailable> dependencies(
      const std::string& name, const pypackaging::Version& version) override;
  std::variant<std::pair<pypackaging::Version, pypackaging::Dependencies>, pypackaging::Unavailable> direct(
      const std::string& name, const std::string& url) override;

  /// Starts looking ahead from the requirements of a user.
  void look_ahead(const std::vector<pypackaging::Requirement>& requirements);
  /// Keeps for the next resolution what this one found out about the pages that it read.
  void remember() { cache_.save(); }
  /// The file that a pin stands for.
  IndexFile file_of(const std::string& name, const pypackaging::Pin& pin);

 private:
  using CandidatesPointer = std::shared_ptr<const Candidates>;
  using MetadataPointer = std::shared_ptr<const pypackaging::CoreMetadata>;

  using Extras = std::set<std::string, std::less<>>;
  /// Core metadata: as text that may be on its way, and parsed by the first who asks.
  struct Metadata {
    std::shared_future<std::string> text;
    std::shared_future<MetadataPointer> core;
  };
  /// The version that the resolver will likely take, with its file.
  struct Likely {
    pypackaging::Version version;
    IndexFile file;
  };
  /// A wheel that is prefetched when there is a likely version of all that it needs.
  struct Foreseen {
    std::string name;
    Likely likely;
    std::size_t missing = 0;  ///< steps without a likely version yet, and 1 while they are being made
  };
  using ForeseenPointer = std::shared_ptr<Foreseen>;
  /// A project on the way that the resolver will likely take. `needed_by` null: the user's own requirement.
  struct Step {
    std::string name;
    pypackaging::SpecifierSet specifier;
    Extras extras;
    ForeseenPointer needed_by;
  };
  using Steps = std::vector<Step>;

  std::shared_future<CandidatesPointer> candidates(const std::string& name);
  Metadata metadata(const IndexFile& file);
  CandidateRules candidate_rules(const std::string& name) const;
  bool may_keep_candidates(const std::string& name) const;
  CandidatesPointer known_candidates(const std::string& name);
  CandidatesPointer load_candidates(const std::string& name);
  void add_step(Steps& steps, const pypackaging::Requirement& requirement, const Extras& active_extras,
                pypackaging::MarkerContext context, const ForeseenPointer& needed_by);
  void follow_all(Steps steps);
  bool follow_at_hand(const Step& step, Steps& steps);
  void follow_later(Step step);
  void follow(const Step& step, Steps& steps);
  std::optional<Likely> likely(const Candidates& known, const Step& step) const;
  void note_likely(const Step& step, const Likely& likely);
  void settle(const ForeseenPointer& prefetched);
  void end_first_step();
  void doubt();
  std::variant<pypackaging::Dependencies, pypackaging::Unavailable> dependencies_in(const IndexFile& file);

  IndexClient& client_;
  WheelFetcher& fetcher_;
  Progress& progress_;
  const Rules rules_;
  CandidateCache cache_;
  std::mutex mutex_;  ///< protects the maps below and `ahead_`
  std::map<std::string, std::shared_future<CandidatesPointer>> candidates_;
  std::map<std::string, Metadata> metadata_;
  std::set<std::string> followed_;
  std::map<std::string, std::vector<pypackaging::SpecifierSet>> wanted_;  ///< what was met of each project
  std::map<std::string, pypackaging::Version> likely_;
  std::size_t first_steps_ = 0;        ///< the user's own requirements whose needs are not known yet
  bool is_in_doubt_ = false;           ///< what lies ahead does not fit together
  std::vector<ForeseenPointer> held_;  ///< until the needs of the user's own requirements are known
  std::vector<std::future<void>> ahead_;
  bool is_closing_ = false;
  // The resolver's thread alone:
  std::map<std::string, CandidatesPointer> handed_out_;
};

/// The file behind a direct reference: an http(s) or file URL of a wheel. Throws Error{unsupported} for what
/// is no wheel.
IndexFile direct_file(const std::string& name, const std::string& url);

}  // namespace envstore
