#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pypackaging/resolver.h"
#include "pypackaging/tags.h"
#include "python/index/index_client.h"

namespace envstore {

/// What decides which of an index's files can be used.
struct CandidateRules {
  const pypackaging::TagPriority& tags;
  const pypackaging::Version& python;
  std::optional<std::int64_t> exclude_newer_ns;
  /// When hashes are required, those that are allowed (maybe none); nullptr: any file.
  const FileDigests* allowed_hashes = nullptr;
};

/// The versions of one project, each with the one wheel that this interpreter would take of it: the best tag,
/// then the highest build number; a yanked file only where a version has no other (PEP 592).
class Candidates {
 public:
  Candidates(const std::string& normalized_name, const ProjectFiles& files, const CandidateRules& rules);

  /// What `encode` wrote, for the same name and rules. Throws Error{damaged}.
  static Candidates decode(std::string bytes, std::string where);
  std::string encode() const;

  const pypackaging::PackageOffer& offer() const { return offer_; }
  /// nullopt when no wheel of the version can be used.
  std::optional<IndexFile> file(const pypackaging::Version& version) const;
  /// The version that a resolution most likely takes: the highest usable final one that fits, else any.
  std::optional<pypackaging::Version> likely(const pypackaging::SpecifierSet& specifier) const;

 private:
  /// The encoded file of a version; none: of size 0.
  struct Slice {
    std::size_t offset = 0, size = 0;
  };
  Candidates() = default;

  pypackaging::PackageOffer offer_;  ///< versions ascending
  std::vector<Slice> slices_;        ///< for each version, of bytes_
  std::string bytes_;                ///< of hundreds of files one is asked for: decoded when it is
};

}  // namespace envstore
