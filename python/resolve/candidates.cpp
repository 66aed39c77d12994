#include "python/resolve/candidates.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

#include "pypackaging/filename.h"
#include "python/source/sdist.h"
#include "store/platform/terminal_text.h"

namespace envstore {
namespace {

using pypackaging::OfferedVersion;
using pypackaging::SpecifierSet;
using pypackaging::Usability;
using pypackaging::Version;
using pypackaging::WheelFilename;

/// The rank of a wheel; the members are in the order of comparison.
struct Rank {
  std::size_t index = 0;
  bool yanked = false;
  std::size_t tag = 0;
  std::pair<std::uint64_t, std::string> build;

  bool is_better_than(const Rank& other) const {
    if (index != other.index) return index < other.index;
    if (yanked != other.yanked) return !yanked;
    if (tag != other.tag) return tag < other.tag;
    return build > other.build;
  }
};

/// What is known of a version while the files are scanned.
struct Gathered {
  std::vector<std::pair<Rank, const IndexFile*>> wheels;
  std::vector<const IndexFile*> sdists;
  bool all_yanked = true;
  std::string yanked_reason;
  std::set<std::string> other_pythons;    ///< Requires-Python of files that this interpreter does not meet
  std::set<std::string> other_platforms;  ///< tags of wheels that do not fit
  int newest_minor_here = -1;             ///< the newest CPython 3.x that has a wheel for this platform
  bool has_newer = false;
  std::string other_hash;  ///< of a file, when none of the required ones is its own

  VersionFiles files() {
    std::stable_sort(wheels.begin(), wheels.end(),
                     [](const auto& a, const auto& b) { return a.first.is_better_than(b.first); });
    VersionFiles result{{}, sdists};
    for (const auto& [rank, file] : wheels) result.wheels.push_back(file);
    return result;
  }
};

std::string joined(const std::set<std::string>& texts, std::size_t most) {
  std::string result;
  std::size_t count = 0;
  for (const std::string& text : texts) {
    if (count++ == most) return result + ", ...";
    result += (result.empty() ? "" : ", ") + text;
  }
  return result;
}

class Gatherer {
 public:
  Gatherer(const std::string& name, const CandidateRules& rules) : name_(name), rules_(rules) {}

  void take(const IndexFile& file) {
    if (file.filename.ends_with(".whl"))
      take_wheel(file);
    else if (const auto sdist = pypackaging::SdistFilename::parse(file.filename, name_))
      if (is_source_archive(file.filename))
        if (Gathered* version = noted(sdist->version, file)) version->sdists.push_back(&file);
  }

  std::map<Version, Gathered> versions;

 private:
  void take_wheel(const IndexFile& file) {
    const auto wheel = WheelFilename::parse(file.filename);
    if (!wheel || wheel->name != name_) return;
    Gathered* version = noted(wheel->version, file);
    if (version == nullptr) return;
    const auto tag = rules_.tags.rank(wheel->tags);
    if (!tag) {
      version->other_platforms.insert(terminal_line(wheel->tags.front().text()));
      for (const pypackaging::Tag& each : wheel->tags) note_python(*version, each);
      return;
    }
    version->wheels.emplace_back(Rank{file.rank, file.yanked.has_value(), *tag,
                                      wheel->build.value_or(std::pair{std::uint64_t{0}, std::string()})},
                                 &file);
  }

  /// Records `cp312` of a wheel for this platform, which another interpreter could use.
  void note_python(Gathered& version, const pypackaging::Tag& tag) {
    constexpr std::string_view kCPython = "cp3";
    int minor = -1;
    const char* end = tag.python.data() + tag.python.size();
    if (!tag.python.starts_with(kCPython) || tag.abi.ends_with('t')) return;  // free-threaded
    if (std::from_chars(tag.python.data() + kCPython.size(), end, minor).ptr != end) return;
    if (minor > version.newest_minor_here && is_platform_of_this(tag.platform))
      version.newest_minor_here = minor;
  }

  /// Cached, because pages name few platforms, thousands of times.
  bool is_platform_of_this(const std::string& platform) {
    const auto known = platform_answers_.find(platform);
    if (known != platform_answers_.end()) return known->second;
    const auto& tags = rules_.tags.tags();
    const bool fits = std::any_of(tags.begin(), tags.end(),
                                  [&](const pypackaging::Tag& tag) { return tag.platform == platform; });
    return platform_answers_.emplace(platform, fits).first->second;
  }

  /// Records the file under its version; nullptr if a rule excludes it.
  Gathered* noted(const Version& version, const IndexFile& file) {
    Gathered& gathered = versions[version];
    if (!file.yanked)
      gathered.all_yanked = false;
    else if (gathered.yanked_reason.empty())
      gathered.yanked_reason = terminal_line(*file.yanked);
    if (is_too_new(file)) {
      gathered.has_newer = true;
      return nullptr;
    }
    if (!is_for_this_python(file)) {
      gathered.other_pythons.insert(terminal_line(*file.requires_python));
      return nullptr;
    }
    if (!may_have_allowed_hash(file)) {
      gathered.other_hash = comparable_hash(file);
      return nullptr;
    }
    return &gathered;
  }

  /// A file without an upload time cannot be shown to be old enough.
  bool is_too_new(const IndexFile& file) const {
    return rules_.exclude_newer_ns &&
           (!file.upload_time_ns || *file.upload_time_ns > *rules_.exclude_newer_ns);
  }

  bool is_for_this_python(const IndexFile& file) {
    if (!file.requires_python) return true;
    const auto known = python_answers_.find(*file.requires_python);
    if (known != python_answers_.end()) return known->second;
    const auto specifier = SpecifierSet::parse(*file.requires_python);
    const bool fits = !specifier || specifier->matches(rules_.python);  // an invalid one excludes nothing
    python_answers_.emplace(*file.requires_python, fits);
    return fits;
  }

  /// A file for which the index states no hash of an allowed algorithm is checked after its download.
  bool may_have_allowed_hash(const IndexFile& file) const {
    if (rules_.allowed_hashes == nullptr) return true;
    const FileDigests& allowed = *rules_.allowed_hashes;
    bool is_comparable = false;
    for (const FileDigest& hash : file.hashes) {
      if (allowed.contains(hash)) return true;
      is_comparable = is_comparable || allowed.digest(hash.algorithm).has_value();
    }
    return !is_comparable && !allowed.empty();
  }

  /// The file's hash of an algorithm that is required; empty: the index states none.
  std::string comparable_hash(const IndexFile& file) const {
    for (const FileDigest& hash : file.hashes)
      if (rules_.allowed_hashes->digest(hash.algorithm)) return hash.text();
    return {};
  }

  const std::string& name_;
  const CandidateRules& rules_;
  std::map<std::string, bool> python_answers_;
  std::map<std::string, bool> platform_answers_;
};

constexpr const char* kAdviceOnNoBinary =
    "--no-binary, or a setting like it, forbids wheels: leave it away, or name other packages with "
    "--no-binary-package";
constexpr const char* kAdviceOnNoBuild =
    "it has a source distribution, which --no-build, or a setting like it, forbids to build";

/// The operating system that all these tags are for; empty: several, or this one.
std::string only_system(const std::set<std::string>& tags) {
  std::set<std::string> systems;
  for (const std::string& tag : tags) {
    const std::string_view platform = std::string_view(tag).substr(tag.rfind('-') + 1);
    systems.insert(platform.starts_with("win") ? "Windows" : platform.starts_with("macosx") ? "macOS" : "");
  }
  return systems.size() == 1 ? *systems.begin() : std::string();
}

/// What the user can do about a version without a file that may be used.
std::string advice_on(const Gathered& gathered, const FilePolicy& policy) {
  const bool may_build = policy.name != kWheelsOnly.name && policy.name != kNoFile.name;
  if (!gathered.wheels.empty()) return kAdviceOnNoBinary;
  if (!gathered.sdists.empty() && gathered.other_platforms.empty() && !may_build) return kAdviceOnNoBuild;
  if (gathered.newest_minor_here >= 0)
    return "there is one for this platform with --python 3." + std::to_string(gathered.newest_minor_here);
  if (!gathered.sdists.empty() && !may_build) return kAdviceOnNoBuild;
  if (const std::string system = only_system(gathered.other_platforms);
      !system.empty() && gathered.sdists.empty())
    return "it is published for " + system + " only, and has no source distribution that could be built here";
  return "another version or platform may have one";
}

std::string detail_on(const Gathered& gathered) {
  if (!gathered.wheels.empty()) return "wheels only";
  return gathered.other_platforms.empty() ? "a source distribution only"
                                          : "wheels for " + joined(gathered.other_platforms, 3) + " only";
}

const IndexFile* best_wheel(const VersionFiles& files) {
  return files.wheels.empty() ? nullptr : files.wheels.front();
}

/// 0 is the best: the format of today (PEP 625), then the other that build tools make.
int format_rank(const IndexFile& sdist) {
  return sdist.filename.ends_with(".tar.gz") ? 0 : sdist.filename.ends_with(".zip") ? 1 : 2;
}

const IndexFile* best_sdist(const VersionFiles& files) {
  const auto best =
      std::min_element(files.sdists.begin(), files.sdists.end(), [](const IndexFile* a, const IndexFile* b) {
        return std::tuple(a->rank, a->yanked.has_value(), format_rank(*a)) <
               std::tuple(b->rank, b->yanked.has_value(), format_rank(*b));
      });
  return best == files.sdists.end() ? nullptr : *best;
}

/// A yanked file is taken only if the version has no other (PEP 592). The index that comes first answers for
/// a version, whatever files it has.
const IndexFile* wheel_else_sdist(const VersionFiles& files) {
  const IndexFile *wheel = best_wheel(files), *sdist = best_sdist(files);
  if (wheel == nullptr) return sdist;
  if (sdist != nullptr && sdist->rank != wheel->rank) return sdist->rank < wheel->rank ? sdist : wheel;
  return wheel->yanked && sdist != nullptr && !sdist->yanked ? sdist : wheel;
}

/// Why no file of a version may be used when hashes are required.
std::string hash_detail(const Gathered& gathered, const CandidateRules& rules) {
  if (rules.allowed_hashes == nullptr || gathered.other_hash.empty())
    return rules.allowed_hashes != nullptr && rules.allowed_hashes->empty()
               ? "hashes are required, and none is given for it"
               : "no file has one of the required hashes";
  if (rules.allowed_hashes->size() > 1)
    return "none of the required hashes is that of its file, " + gathered.other_hash;
  return "its file is " + gathered.other_hash + ", required is " + rules.allowed_hashes->begin()->text();
}

OfferedVersion offered(const Version& version, const Gathered& gathered, bool is_usable,
                       const CandidateRules& rules) {
  OfferedVersion offer{version};
  offer.yanked = gathered.all_yanked;
  offer.yanked_reason = gathered.yanked_reason;
  if (is_usable) return offer;
  if (!gathered.other_platforms.empty() || !gathered.sdists.empty() || !gathered.wheels.empty()) {
    offer.usability = Usability::no_matching_wheel;
    offer.detail = detail_on(gathered);
    offer.advice = advice_on(gathered, rules.policy);
  } else if (!gathered.other_pythons.empty()) {
    offer.usability = Usability::needs_other_python;
    offer.detail = joined(gathered.other_pythons, 2);
  } else if (gathered.has_newer) {
    offer.usability = Usability::excluded_by_date;
  } else {
    offer.usability = Usability::unreadable;
    offer.detail = hash_detail(gathered, rules);
  }
  return offer;
}

pypackaging::Absence absence_of(const ProjectFiles& files) {
  switch (files.absence) {
    case ProjectFiles::Absence::not_found:
      return pypackaging::Absence::not_found;
    case ProjectFiles::Absence::offline:
      return pypackaging::Absence::offline;
    case ProjectFiles::Absence::no_index:
      return pypackaging::Absence::network_disabled;
    case ProjectFiles::Absence::none:
      break;
  }
  return pypackaging::Absence::none;
}

std::string status_of(const SimplePage& page) {
  if (page.status.empty() || page.status_reason.empty()) return page.status;
  return page.status + " (" + terminal_line(page.status_reason) + ")";
}

}  // namespace

// do not change the names: cached candidates are found by them
const FilePolicy kWheelsOnly = {"wheels-only", best_wheel};
const FilePolicy kSdistsOnly = {"sdists-only", best_sdist};
const FilePolicy kPreferWheel = {"prefer-wheel", wheel_else_sdist};
const FilePolicy kNoFile = {"no-file", [](const VersionFiles&) -> const IndexFile* { return nullptr; }};

const FilePolicy& file_policy(AllowedFiles allowed) {
  switch (allowed) {
    case AllowedFiles::wheels:
      return kWheelsOnly;
    case AllowedFiles::sdists:
      return kSdistsOnly;
    case AllowedFiles::none:
      return kNoFile;
    case AllowedFiles::any:
      break;
  }
  return kPreferWheel;
}

VersionFiles files_of_version(const std::string& normalized_name, const Version& version,
                              const ProjectFiles& files, const CandidateRules& rules) {
  Gatherer gatherer(normalized_name, rules);
  for (const IndexFile& file : files.page.files) gatherer.take(file);
  const auto found = gatherer.versions.find(version);
  return found == gatherer.versions.end() ? VersionFiles() : found->second.files();
}

Candidates::Candidates(const std::string& normalized_name, const ProjectFiles& files,
                       const CandidateRules& rules) {
  offer_.absence = absence_of(files);
  offer_.where = files.where;
  offer_.status = status_of(files.page);
  Gatherer gatherer(normalized_name, rules);
  for (const IndexFile& file : files.page.files) gatherer.take(file);
  for (auto& [version, gathered] : gatherer.versions) {
    const IndexFile* chosen = rules.policy.choose(gathered.files());
    offer_.versions.push_back(offered(version, gathered, chosen != nullptr, rules));
    if (chosen != nullptr) offer_.versions.back().rank = chosen->rank;
    const std::size_t start = bytes_.size();
    if (chosen != nullptr) bytes_ += encode_file(*chosen);
    slices_.push_back({start, bytes_.size() - start});
  }
}

std::optional<IndexFile> Candidates::file(const Version& version) const {
  const auto found = std::lower_bound(
      offer_.versions.begin(), offer_.versions.end(), version,
      [](const OfferedVersion& offer, const Version& wanted) { return offer.version < wanted; });
  if (found == offer_.versions.end() || found->version != version) return std::nullopt;
  const Slice slice = slices_[static_cast<std::size_t>(found - offer_.versions.begin())];
  if (slice.size == 0) return std::nullopt;
  return decode_file(std::string_view(bytes_).substr(slice.offset, slice.size));
}

std::optional<Version> Candidates::likely(const SpecifierSet& specifier) const {
  std::optional<Version> prerelease;
  for (auto offer = offer_.versions.rbegin(); offer != offer_.versions.rend(); ++offer) {
    if (offer->usability != Usability::usable || offer->yanked || !specifier.matches(offer->version))
      continue;
    if (!offer->version.is_prerelease()) return offer->version;
    if (!prerelease) prerelease = offer->version;
  }
  return prerelease;
}

}  // namespace envstore
