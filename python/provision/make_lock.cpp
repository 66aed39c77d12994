#include "python/provision/make_lock.h"

#include <fcntl.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>

#include "pypackaging/filename.h"
#include "python/network/url.h"
#include "python/provision/choose_interpreter.h"
#include "python/provision/read_layers.h"
#include "python/provision/sdist_builder.h"
#include "python/resolve/index_source.h"
#include "python/resolve/required_hashes.h"
#include "python/resolve/resolve.h"
#include "python/resolve/upload_cutoffs.h"
#include "python/wheel/file_hasher.h"
#include "store/platform/error.h"
#include "store/platform/files.h"

namespace envstore {
namespace {

using pypackaging::Marker;
using pypackaging::SpecifierSet;

/// Nothing is installed.
class NoPrefetch final : public WheelPrefetch {
 public:
  void prefetch(const std::string&, const pypackaging::Version&, const IndexFile&) override {}
};

std::string marker_literal(const std::string& text) {
  const char quote = text.find('"') == std::string::npos ? '"' : '\'';
  return quote + text + quote;
}

/// The values that the decisions depend on; another environment may need other packages.
std::vector<Marker> environments_of(const Lock& lock) {
  Marker all;
  for (const auto& [name, value] : lock.markers)
    if (auto marker = Marker::parse(name + " == " + marker_literal(value))) all = all.conjoin(*marker);
  if (all.empty()) return {};
  return {all};
}

bool has_strong_hash(const IndexFile& file) {
  return std::any_of(file.hashes.begin(), file.hashes.end(), [](const FileDigest& hash) {
    return !hash.hex.empty() && is_strong_algorithm(hash.algorithm);
  });
}

class LockMaker {
 public:
  LockMaker(StoreWriter& store, const Request& request, const OtherTarget& target, const Pins& earlier,
            Progress& progress)
      : store_(store), request_(request), progress_(progress) {
    builder_ = choose_interpreter(store, without_requires_python(request, target), {}, progress).interpreter;
    interpreter_ = interpreter_of(builder_, target);
    check_python(target);
    tags_.emplace(pypackaging::supported_tags(interpreter_.tags));
    preferred_.earlier = earlier;
  }

  /// The script need not run here.
  static Request without_requires_python(Request request, const OtherTarget& target) {
    if (!target.python_version.empty()) request.script.requires_python.reset();
    return request;
  }

  void check_python(const OtherTarget& target) const {
    const auto& required = request_.script.requires_python;
    if (target.python_version.empty() || !required || required->matches(python_version(interpreter_))) return;
    throw Error(ErrorKind::unresolvable, "cannot lock '" + request_.words.target.name + "' for Python " +
                                             interpreter_.version + ": its requires-python is " +
                                             required->canonical());
  }

  Pylock run() {
    const Layers layers = read_layers(request_, interpreter_);
    if (layers.layers.size() > 1)
      throw Error(ErrorKind::usage, "cannot lock a script together with other requirements",
                  "a lock is made of one script, or of requirements");
    Pylock pylock;
    pylock.created_by = "envstore";
    pylock.requires_python = *SpecifierSet::parse(">=" + python_version(interpreter_).public_version());
    if (layers.layers.empty()) return pylock;
    lock(layers.layers.front(), pylock);
    return pylock;
  }

 private:
  void lock(const Layer& layer, Pylock& pylock) {
    for (const auto& upgraded : layer.settings.upgrade_packages)
      preferred_.earlier.erase(upgraded.normalized_name);
    if (layer.settings.upgrade) preferred_.earlier.clear();
    IndexClient client(store_, layer.settings.indexes, &progress_);
    const RequiredHashes hashes = required_hashes(layer, interpreter_);
    NoPrefetch wheels;
    const std::int64_t now = store_.clock().now().time_since_epoch().count();
    const IndexSource::Rules rules = source_rules(layer, interpreter_, *tags_, preferred_, hashes, now);
    SdistBuilder sdists({store_, builder_, layer.settings, progress_}, client, hashes);
    IndexSource source(store_, client, wheels, sdists, progress_, rules);
    source.look_ahead(layer.requirements);
    const Lock lock = resolve_layer(layer, interpreter_, preferred_, source, progress_);
    progress_.resolved(lock.packages.size());
    if (progress_.is_verbose()) progress_.value("lock", to_json(lock));
    source.save_candidates();
    pylock.environments = environments_of(lock);
    for (const LockedPackage& package : lock.packages)
      pylock.packages.push_back(with_files(package, client, rules));
  }

  static PylockPackage with_files(const LockedPackage& package, IndexClient& client,
                                  const IndexSource::Rules& rules) {
    PylockPackage result;
    result.name = package.name;
    result.version = package.version;
    result.dependencies = package.dependencies;
    if (const auto& written = package.file.requires_python)
      if (auto specifier = SpecifierSet::parse(*written); specifier && !specifier->empty())
        result.requires_python = std::move(*specifier);
    if (package.is_direct)
      result.archive = direct(package.file, client);
    else
      add_index_files(result, package, client, rules);
    return result;
  }

  /// A local file is recorded by its path.
  static IndexFile direct(const IndexFile& written, IndexClient& client) {
    IndexFile file = hashed(written, client);
    if (const auto path = local_path(file.url)) file.url = *path;
    return file;
  }

  /// All wheels that fit, because another interpreter that the lock is for may have other tags.
  static void add_index_files(PylockPackage& result, const LockedPackage& package, IndexClient& client,
                              const IndexSource::Rules& rules) {
    const ProjectFiles project = client.project(package.name).get();
    const FileDigests& allowed = rules.hashes.of(package.name);
    CandidateRules candidate_rules{rules.tags, rules.python, rules.cutoffs.of(package.name)};
    if (rules.hashes.are_required()) candidate_rules.allowed_hashes = &allowed;
    const VersionFiles files = files_of_version(package.name, package.version, project, candidate_rules);
    const bool takes_yanked = package.file.yanked.has_value();
    result.index = project.index;
    while (result.index.ends_with('/')) result.index.pop_back();
    for (const IndexFile* wheel : files.wheels)
      if (takes_yanked || !wheel->yanked) result.wheels.push_back(hashed(*wheel, client));
    std::sort(result.wheels.begin(), result.wheels.end(),
              [](const IndexFile& a, const IndexFile& b) { return a.filename < b.filename; });
    for (const IndexFile* sdist : files.sdists)
      if ((takes_yanked || !sdist->yanked) && (!result.sdist || is_better_sdist(*sdist, *result.sdist)))
        result.sdist = *sdist;
    if (result.sdist) result.sdist = hashed(*result.sdist, client);
    client.release_project(package.name);
  }

  /// PEP 625 allows one format; old releases may have several files.
  static bool is_better_sdist(const IndexFile& file, const IndexFile& other) {
    const bool is_standard = file.filename.ends_with(".tar.gz");
    if (is_standard != other.filename.ends_with(".tar.gz")) return is_standard;
    return file.filename < other.filename;
  }

  static IndexFile hashed(IndexFile file, IndexClient& client) {
    if (has_strong_hash(file)) return file;
    const FileDigests wanted = {{"sha256", ""}};
    const auto add = [&](std::span<const std::byte> bytes) {
      for (const FileDigest& hash : digests_of(bytes, wanted)) file.hashes.add(hash);
    };
    if (const auto path = local_path(file.url)) {
      const MappedFile mapped = MappedFile::open(AT_FDCWD, real_path(*path).value_or(*path));
      add(mapped.bytes());
    } else {
      const std::atomic<bool> is_given_up = false;
      add(client.download(file, is_given_up).bytes());
    }
    return file;
  }

  StoreWriter& store_;
  const Request& request_;
  Progress& progress_;
  Interpreter builder_;      ///< of this machine
  Interpreter interpreter_;  ///< that the lock is for
  std::optional<pypackaging::TagPriority> tags_;
  PreferredVersions preferred_;
};

}  // namespace

Pylock make_lock(StoreWriter& store, const Request& request, const OtherTarget& target, const Pins& earlier,
                 Progress& progress) {
  if (store.is_read_only())
    throw Error(ErrorKind::permission,
                "cannot make a lock: the store '" + store.path() +
                    "' is read-only, so no answer of an index can be stored",
                kWritableStoreHint);
  // Many threads read pages: with an arena for each, the peak of a large resolution is nearly twice as high.
  (void)mallopt(M_ARENA_MAX, 2);
  return LockMaker(store, request, target, earlier, progress).run();
}

}  // namespace envstore
