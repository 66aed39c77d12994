#include "python/resolve/index_source.h"

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <system_error>

#include "pypackaging/filename.h"
#include "python/index/metadata_finder.h"
#include "python/network/url.h"
#include "python/wheel/file_hasher.h"
#include "store/platform/async.h"
#include "store/platform/error.h"
#include "store/platform/path_parts.h"
#include "store/platform/terminal_text.h"

namespace envstore {

using pypackaging::CoreMetadata;
using pypackaging::Dependencies;
using pypackaging::MarkerContext;
using pypackaging::Requirement;
using pypackaging::SpecifierSet;
using pypackaging::Unavailable;
using pypackaging::Version;

namespace {

template <class Value>
bool is_ready(const std::shared_future<Value>& future) {
  return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

/// Metadata that is missing or cannot be read.
struct BrokenVersion {
  std::string reason;
};

std::shared_ptr<const CoreMetadata> parse_metadata(const std::string& text, const std::string& filename) {
  auto core = std::make_shared<const CoreMetadata>(CoreMetadata::parse(text));
  check_is_about(*core, filename);
  return core;
}

/// A directory states no hashes, but its files can be hashed, to select the right one of several.
void add_local_hashes(SimplePage& page, const FileDigests& demanded) {
  for (IndexFile& file : page.files) {
    const auto path = local_path(file.url);
    if (!path) continue;
    const MappedFile wheel = MappedFile::open(AT_FDCWD, real_path(*path).value_or(*path));
    for (const FileDigest& hash : digests_of(wheel.bytes(), demanded))
      if (!file.hashes.digest(hash.algorithm)) file.hashes.add(hash);
  }
}

template <class Value>
std::shared_future<Value> ready(Value value) {
  std::promise<Value> promise;
  promise.set_value(std::move(value));
  return promise.get_future().share();
}

}  // namespace

IndexSource::IndexSource(StoreWriter& store, IndexClient& client, WheelPrefetch& wheels,
                         SourceDistributions& sdists, Progress& progress, Rules rules)
    : client_(client),
      wheels_(wheels),
      sdists_(sdists),
      progress_(progress),
      rules_(std::move(rules)),
      static_metadata_(StaticMetadata::parse_all(rules_.settings.static_metadata)),
      cache_(store, candidate_rules({})) {}

IndexSource::~IndexSource() {
  std::vector<std::future<void>> ahead;
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
    ahead.swap(ahead_);
  }
  for (std::future<void>& each : ahead) each.wait();
}

CandidateRules IndexSource::candidate_rules(const std::string& name) const {
  CandidateRules rules{rules_.tags, rules_.python, rules_.cutoffs.of(name)};
  if (rules_.hashes.are_required()) rules.allowed_hashes = &rules_.hashes.of(name);
  rules.policy = file_policy(rules_.settings.build.allowed(name));
  return rules;
}

/// Only candidates for the general rules are cached. With moving cut-offs they are not, because they would
/// evict rows that are in use.
bool IndexSource::may_keep_candidates(const std::string& name) const {
  return !rules_.cutoffs.moves && !rules_.cutoffs.packages.contains(name) &&
         rules_.settings.build.allowed(name) == rules_.settings.build.allowed_for_others();
}

/// nullptr: the page has to be read.
IndexSource::CandidatesPointer IndexSource::known_candidates(const std::string& name) {
  if (!may_keep_candidates(name)) return nullptr;
  const auto page = client_.cached_page(name);
  if (!page) return nullptr;
  auto known = cache_.find(name, *page);
  if (!known) return nullptr;
  return std::make_shared<const Candidates>(std::move(*known));
}

IndexSource::CandidatesPointer IndexSource::load_candidates(const std::string& name) {
  const std::shared_future<ProjectFiles> answer = client_.project(name);
  ProjectFiles own;  // a copy, used if hashes have to be added
  if (rules_.hashes.are_required()) {
    own = answer.get();
    add_local_hashes(own.page, rules_.hashes.of(name));
  }
  const ProjectFiles& files = rules_.hashes.are_required() ? own : answer.get();
  auto made = std::make_shared<const Candidates>(name, files, candidate_rules(name));
  if (files.identity && may_keep_candidates(name)) cache_.add(name, *files.identity, *made);
  client_.release_project(name);
  return made;
}

std::shared_future<IndexSource::CandidatesPointer> IndexSource::candidates(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto& slot = candidates_[name];
  if (slot.valid()) return slot;
  if (CandidatesPointer known = known_candidates(name))
    slot = ready(std::move(known));
  else
    slot = async_or_deferred([this, name] { return load_candidates(name); }).share();
  return slot;
}

IndexSource::Metadata IndexSource::metadata(const IndexFile& file) {
  const std::lock_guard lock(mutex_);
  Metadata& slot = metadata_[file.url];
  if (slot.text.valid()) return slot;
  slot.text = client_.metadata(file);
  slot.core = std::async(std::launch::deferred, [text = slot.text, filename = file.filename] {
                return parse_metadata(text.get(), filename);
              }).share();
  return slot;
}

void IndexSource::prefetch_versions(const std::string& name) {
  candidates(name);
}

void IndexSource::prefetch_dependencies(const std::string& name, const Version& version) {
  const CandidatesPointer known = candidates(name).get();
  if (StaticMetadata::find(static_metadata_, name, version) != nullptr) return;
  if (const auto file = known->file(version); file && is_wheel(*file)) metadata(*file);
}

void IndexSource::decided(const std::string& name, const Version&) {
  progress_.resolving(name);  // its wheel is not fetched yet, because the decision may be reverted
}

const pypackaging::PackageOffer& IndexSource::versions(const std::string& name) {
  CandidatesPointer& kept = handed_out_[name];
  if (!kept) {
    progress_.resolving(name);
    kept = candidates(name).get();
  }
  return kept->offer();
}

IndexSource::MetadataPointer IndexSource::core_of(const std::string& name, const Version& version,
                                                  const IndexFile& file) {
  // A build that fails ends the resolution: no older version is taken in its place, and the output of the
  // build is what the user needs.
  if (!is_wheel(file))
    return std::make_shared<const CoreMetadata>(CoreMetadata::parse(sdists_.metadata(name, version, file)));
  try {
    const Metadata known = metadata(file);
    // Parsed metadata is kept only if it was prefetched, because a search reads many versions.
    return is_ready(known.core) ? known.core.get() : parse_metadata(known.text.get(), file.filename);
  } catch (const Error& error) {
    // Invalid or missing metadata makes only this version unavailable; any other error, such as a dead
    // network, ends the resolution.
    if (error.kind() != ErrorKind::invalid_input && error.kind() != ErrorKind::not_found) throw;
    throw BrokenVersion{error.what()};
  }
}

std::variant<Dependencies, Unavailable> IndexSource::dependencies_in(const std::string& name,
                                                                     const Version& version,
                                                                     const IndexFile& file) {
  MetadataPointer core;
  try {
    core = core_of(name, version, file);
  } catch (const BrokenVersion& broken) {
    return Unavailable{broken.reason, true};
  }
  if (const auto fault = core->fatal_error())
    return Unavailable{"its metadata cannot be read: " + fault->message};
  return Dependencies{core->requires_dist, core->provides_extra, core->requires_python};
}

std::variant<Dependencies, Unavailable> IndexSource::dependencies(const std::string& name,
                                                                  const Version& version) {
  const CandidatesPointer known = candidates(name).get();
  if (const StaticMetadata* told = StaticMetadata::find(static_metadata_, name, version))
    return told->dependencies;
  const auto file = known->file(version);
  if (!file) return Unavailable{name + " " + version.canonical() + " has no file for this interpreter"};
  return dependencies_in(name, version, *file);
}

std::variant<std::pair<Version, Dependencies>, Unavailable> IndexSource::direct(const std::string& name,
                                                                                const std::string& url) {
  const IndexFile file = direct_file(name, url);
  const auto wheel = pypackaging::WheelFilename::parse(file.filename);
  if (!wheel) return Unavailable{"'" + file.filename + "': " + wheel.error().message};
  if (wheel->name != name)
    return Unavailable{"the wheel at " + display_url(url) + " is " + wheel->name + ", not " + name};
  if (!rules_.tags.rank(wheel->tags))
    return Unavailable{"the wheel at " + display_url(url) + " does not fit this interpreter"};
  if (const StaticMetadata* told = StaticMetadata::find(static_metadata_, name, wheel->version))
    return std::pair{wheel->version, told->dependencies};
  auto needs = dependencies_in(name, wheel->version, file);
  if (auto* fault = std::get_if<Unavailable>(&needs)) return std::move(*fault);
  return std::pair{wheel->version, std::get<Dependencies>(std::move(needs))};
}

IndexFile IndexSource::file_of(const std::string& name, const pypackaging::Pin& pin) {
  if (pin.url) return direct_file(name, *pin.url);
  const CandidatesPointer known = candidates(name).get();
  const auto file = known->file(pin.version);
  if (!file)
    throw Error(ErrorKind::unresolvable,
                "cannot install " + name + " " + pin.version.canonical() + ": no file fits");
  return *file;
}

IndexSource::Rules source_rules(const Layer& layer, const Interpreter& interpreter,
                                const pypackaging::TagPriority& tags, const PreferredVersions& preferred,
                                const RequiredHashes& hashes, std::int64_t now_ns) {
  Pins preferences = preferred.below;
  preferences.insert(preferred.earlier.begin(), preferred.earlier.end());
  return {interpreter,
          tags,
          python_version(interpreter),
          upload_cutoffs(layer.settings, now_ns),
          hashes,
          std::move(preferences),
          layer.settings};
}

void IndexSource::look_ahead(const std::vector<Requirement>& requirements) {
  Steps steps;
  for (const Requirement& requirement : requirements)
    add_step(steps, requirement, {}, MarkerContext::requirement, nullptr);
  {
    const std::lock_guard lock(mutex_);
    first_steps_ = steps.size();
  }
  follow_all(std::move(steps));
}

void IndexSource::add_step(Steps& steps, const Requirement& requirement, const Extras& active_extras,
                           MarkerContext context, const PrefetchedWheelPointer& needed_by) {
  const auto applies = requirement.marker.evaluate({rules_.interpreter.markers, active_extras, {}, context});
  if (!applies || !*applies || requirement.url) return;
  const Extras extras(requirement.extras.begin(), requirement.extras.end());
  std::string key = requirement.normalized_name;
  for (const std::string& extra : extras) key += "," + extra;
  const std::lock_guard lock(mutex_);
  const auto known = likely_.find(requirement.normalized_name);
  if (known != likely_.end() && !requirement.specifier.matches(known->second)) is_in_doubt_ = true;
  wanted_[requirement.normalized_name].push_back(requirement.specifier);
  if (!followed_.insert(key).second) return;
  if (needed_by) ++needed_by->missing;
  steps.push_back({requirement.normalized_name, requirement.specifier, extras, needed_by});
}

/// Steps whose data is available are followed on this thread, each other step on a thread of its own that may
/// wait for the network.
void IndexSource::follow_all(Steps steps) {
  while (!steps.empty()) {
    Step step = std::move(steps.back());
    steps.pop_back();
    if (!follow_at_hand(step, steps)) follow_later(std::move(step));
  }
}

bool IndexSource::follow_at_hand(const Step& step, Steps& steps) {
  const auto known = candidates(step.name);
  if (!is_ready(known)) return false;
  try {
    const auto guess = likely(*known.get(), step);
    if (guess && StaticMetadata::find(static_metadata_, step.name, guess->version) == nullptr &&
        (!is_wheel(guess->file) || !is_ready(metadata(guess->file).text)))
      return false;
    follow(step, steps);
  } catch (const std::exception&) {
    doubt();  // if the resolver comes here, it meets the same error and reports it
  }
  return true;
}

void IndexSource::follow_later(Step step) {
  const std::lock_guard lock(mutex_);
  if (is_closing_) return;
  const auto follow_on = [this, step = std::move(step)] {
    Steps steps;
    try {
      follow(step, steps);
    } catch (const std::exception&) {
      doubt();  // as above
    }
    follow_all(std::move(steps));
  };
  try {
    ahead_.push_back(std::async(std::launch::async, follow_on));
  } catch (const std::system_error&) {
    // No thread is available: the resolver requests the data when it needs it.
  }
}

std::optional<IndexSource::Likely> IndexSource::likely(const Candidates& known, const Step& step) const {
  const auto preferred = rules_.preferences.find(step.name);
  if (preferred != rules_.preferences.end() && step.specifier.matches(preferred->second))
    if (auto file = known.file(preferred->second)) return Likely{preferred->second, std::move(*file)};
  const std::optional<Version> version = known.likely(step.specifier);
  if (!version) return std::nullopt;
  auto file = known.file(*version);
  if (!file) return std::nullopt;
  return Likely{*version, std::move(*file)};
}

void IndexSource::doubt() {
  const std::lock_guard lock(mutex_);
  is_in_doubt_ = true;
}

/// The wheel that needs the step has one project less to wait for.
void IndexSource::note_likely(const Step& step, const Likely& likely) {
  {
    const std::lock_guard lock(mutex_);
    likely_.try_emplace(step.name, likely.version);
    for (const SpecifierSet& wanted : wanted_[step.name])
      if (!wanted.matches(likely.version)) is_in_doubt_ = true;
  }
  if (step.needed_by) settle(step.needed_by);
}

/// Prefetches before the resolver's decision, which comes late and is nearly always the likely version.
void IndexSource::settle(const PrefetchedWheelPointer& prefetched) {
  {
    const std::lock_guard lock(mutex_);
    if (--prefetched->missing != 0 || is_in_doubt_) return;
    if (first_steps_ != 0) {
      held_.push_back(prefetched);
      return;
    }
  }
  wheels_.prefetch(prefetched->name, prefetched->likely.version, prefetched->likely.file);
}

/// Conflicting requirements of the user are detected once the dependencies of all of them are known.
void IndexSource::end_first_step() {
  std::vector<PrefetchedWheelPointer> held;
  {
    const std::lock_guard lock(mutex_);
    if (--first_steps_ != 0 || is_in_doubt_) return;
    held.swap(held_);
  }
  for (const PrefetchedWheelPointer& each : held)
    wheels_.prefetch(each->name, each->likely.version, each->likely.file);
}

/// nullptr: it would have to be built, which only the resolver's decision justifies.
IndexSource::MetadataPointer IndexSource::likely_metadata(const std::string& name, const Likely& likely) {
  if (is_wheel(likely.file)) return metadata(likely.file).core.get();
  const auto text = sdists_.static_metadata(name, likely.version, likely.file);
  return text ? std::make_shared<const CoreMetadata>(CoreMetadata::parse(*text)) : nullptr;
}

void IndexSource::follow(const Step& step, Steps& steps) {
  const CandidatesPointer known = candidates(step.name).get();
  const auto guess = likely(*known, step);
  if (!guess) return doubt();
  note_likely(step, *guess);
  const StaticMetadata* told = StaticMetadata::find(static_metadata_, step.name, guess->version);
  const MetadataPointer core = told == nullptr ? likely_metadata(step.name, *guess) : nullptr;
  if (told == nullptr && !core) return doubt();
  const auto prefetched = std::make_shared<PrefetchedWheel>(PrefetchedWheel{step.name, *guess, 1});
  if (!rules_.settings.without_dependencies)
    for (const Requirement& needed : told == nullptr ? core->requires_dist : told->dependencies.requires_dist)
      add_step(steps, needed, step.extras, MarkerContext::metadata, prefetched);
  settle(prefetched);
  if (!step.needed_by) end_first_step();
}

}  // namespace envstore
