#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pypackaging/resolver.h"
#include "pypackaging/tags.h"
#include "python/index/index_client.h"
#include "python/settings/build_settings.h"

namespace envstore {

/// The files of one version that the rules of a resolution allow.
struct VersionFiles {
  /// That fit the interpreter: yanked ones last, then by tag, then by build number, highest first.
  std::vector<const IndexFile*> wheels;
  std::vector<const IndexFile*> sdists;
};

/// Which of a version's files is used. `name` distinguishes the cached candidates of several policies.
struct FilePolicy {
  std::string_view name;
  /// nullptr: none, so the version cannot be used.
  const IndexFile* (*choose)(const VersionFiles& files);
};
extern const FilePolicy kWheelsOnly;   ///< the best wheel
extern const FilePolicy kSdistsOnly;   ///< the source distribution, of several formats the usual one
extern const FilePolicy kPreferWheel;  ///< the best wheel, else the source distribution
extern const FilePolicy kNoFile;       ///< none: what --no-build and --no-binary together leave
const FilePolicy& file_policy(AllowedFiles allowed);

/// The rules that decide which files of a package index can be used.
struct CandidateRules {
  const pypackaging::TagPriority& tags;
  const pypackaging::Version& python;
  std::optional<std::int64_t> exclude_newer_ns;
  /// When hashes are required, those that are allowed (maybe none); nullptr: any file.
  const FileDigests* allowed_hashes = nullptr;
  FilePolicy policy = kPreferWheel;
};

/// The files of one version that the rules allow; they point into `files`. A yanked wheel is among them.
VersionFiles files_of_version(const std::string& normalized_name, const pypackaging::Version& version,
                              const ProjectFiles& files, const CandidateRules& rules);

/// The versions of one project, each with the file that the policy chooses for this interpreter; a yanked
/// file only if the version has no other (PEP 592).
class Candidates {
 public:
  Candidates(const std::string& normalized_name, const ProjectFiles& files, const CandidateRules& rules);

  /// Decodes the output of `encode` for the same name and rules. Throws Error{damaged}.
  static Candidates decode(std::string bytes, std::string where);
  std::string encode() const;

  const pypackaging::PackageOffer& offer() const { return offer_; }
  /// nullopt when no file of the version can be used.
  std::optional<IndexFile> file(const pypackaging::Version& version) const;
  /// The version that a resolution will most likely choose: the highest matching final version that is usable
  /// and not yanked, else the highest such prerelease.
  std::optional<pypackaging::Version> likely(const pypackaging::SpecifierSet& specifier) const;

 private:
  /// The encoded file of a version; size 0: none.
  struct Slice {
    std::size_t offset = 0, size = 0;
  };
  Candidates() = default;

  pypackaging::PackageOffer offer_;  ///< versions ascending
  std::vector<Slice> slices_;        ///< for each version, its part of bytes_
  std::string bytes_;                ///< encoded files; one of hundreds is requested, and only then decoded
};

}  // namespace envstore
