#include "python/provision/provision.h"

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "python/provision/fetch.h"
#include "python/resolve/index_source.h"
#include "python/resolve/candidates.h"
#include "python/resolve/pins.h"
#include "python/resolve/request_text.h"
#include "python/wheel/forest_rules.h"
#include "store/platform/error.h"
#include "store/platform/lock.h"
#include "store/platform/store_paths.h"
#include "store/snapshots/snapshot.h"

namespace envstore {
namespace {

using pypackaging::Conflict;
using pypackaging::Requirement;
using pypackaging::Resolution;
using pypackaging::ResolveInput;
using pypackaging::Version;
using Pins = std::map<std::string, Version>;

Version version_of(const Interpreter& interpreter) {
  auto version = Version::parse(interpreter.version);
  // A development build's version may end in a bare plus (3.14.0a1+), which the version grammar does not
  // allow.
  if (!version && interpreter.version.ends_with('+'))
    version = Version::parse(interpreter.version.substr(0, interpreter.version.size() - 1));
  if (!version)
    throw Error(ErrorKind::unsupported, "cannot use '" + interpreter.path + "': its version '" +
                                            interpreter.version + "' is not one");
  return *version;
}

std::vector<Requirement> exactly(const Pins& pins) {
  std::vector<Requirement> constraints;
  for (const auto& [name, version] : pins)
    if (auto requirement = Requirement::parse(name + "==" + version.canonical()))
      constraints.push_back(std::move(*requirement));
  return constraints;
}

/// Called before the first request to a package index, because the answer could not be stored.
[[noreturn]] void refuse_to_make(const Store& store, const std::string& label, bool was_looked_for) {
  throw Error(ErrorKind::permission,
              "cannot make the environment of '" + label + "': the store '" + store.path() +
                  "' is read-only" +
                  (was_looked_for ? " and does not have it" : ", so nothing can be asked anew"),
              kWritableStoreHint);
}

std::string pyvenv_cfg(const Interpreter& interpreter) {
  return "home = " + interpreter.home +
         "\ninclude-system-site-packages = false\nversion = " + interpreter.version + "\n";
}

}  // namespace

struct Provisioner::Impl {
  Impl(Store& store_in, Lease& lease_in, const Interpreter& interpreter_in, ResolutionSettings settings_in,
       Layout layout_in, Progress& progress_in)
      : store(store_in),
        lease(lease_in),
        interpreter(interpreter_in),
        settings(std::move(settings_in)),
        layout(layout_in),
        progress(progress_in),
        tags(pypackaging::supported_tags(interpreter.tags)) {}

  LayerPlan provide(const LayerRequest& request, const std::vector<LayerPlan>& below) {
    const std::string text = request_text(request, interpreter, settings, below);
    const Fingerprint key = fingerprint(as_bytes(text));
    const bool may_reuse = !settings.upgrade && settings.upgrade_packages.empty() &&
                           !settings.indexes.refresh && settings.indexes.refresh_packages.empty();
    if (may_reuse)
      if (auto plan = known_answer(key, text)) return *plan;
    if (store.is_read_only()) refuse_to_make(store, request.label, may_reuse);

    // Of many processes with the same request, one does the work; the others find its answer.
    const FileLock lock = FileLock::wait(store.root(), store_paths::request_lock(key), LockMode::exclusive);
    if (may_reuse)
      if (auto plan = known_answer(key, text)) return *plan;
    return make(request, below, key, text);
  }

  std::optional<RequestRow> older_answer(const Fingerprint& key, const std::string& text) {
    Index::Read rows = store.index().read();
    auto row = rows.request(key);
    if (!row || row->canonical != text || !rows.snapshot(row->snapshot)) return std::nullopt;
    return row;
  }

  std::optional<LayerPlan> known_answer(const Fingerprint& key, const std::string& text) {
    const auto row = older_answer(key, text);
    if (!row || !lease.add({row->snapshot})) return std::nullopt;
    const auto snapshot = store.index().read().snapshot(row->snapshot);
    if (!snapshot) return std::nullopt;
    const SnapshotRecord record = SnapshotRecord::parse(snapshot->record);
    report.reused += record.trees.size();
    return plan_of(record, place_snapshot(store, lease, record, layout, std::nullopt));
  }

  LayerPlan make(const LayerRequest& request, const std::vector<LayerPlan>& below, const Fingerprint& key,
                 const std::string& text) {
    const auto started = std::chrono::steady_clock::now();
    Pins preferences;
    if (!settings.upgrade)
      if (const auto older = older_answer(key, text)) preferences = pins_of(store, {older->snapshot});
    for (const Requirement& upgraded : settings.upgrade_packages) preferences.erase(upgraded.normalized_name);
    std::vector<SnapshotId> lower;
    for (const LayerPlan& layer : below) lower.push_back(layer.snapshot);
    const Pins kept = pins_of(store, lower);
    for (const auto& [name, version] : kept) preferences.insert_or_assign(name, version);

    SnapshotRecord record = record_of(install(request, kept, preferences));
    const Placement placement =
        place(record, request, text, [&] { record = record_of(install(request, kept, preferences)); });
    for (const Clash& clash : placement.clashes)
      progress.warning(clash.path + " is in both " + clash.kept + " and " + clash.dropped + "; the one of " +
                       clash.kept + " is used");
    report.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return plan_of(record, placement);
  }

  /// A concurrent gc may delete a tree without a snapshot after it was found and before the snapshot's rows
  /// are written. The tree is then installed again; gc never deletes trees that this process has unpacked
  /// itself.
  Placement place(const SnapshotRecord& record, const LayerRequest& request, const std::string& text,
                  const std::function<void()>& install_again) {
    constexpr int kAttempts = 5;
    for (int attempt = 1;; ++attempt) {
      RequestRow row;
      row.canonical = text;
      row.snapshot = record.id();
      row.label = request.label;
      row.made_at_ns = store.clock().now().time_since_epoch().count();
      try {
        return place_snapshot(store, lease, record, layout, row);
      } catch (const Error&) {
        if (attempt == kAttempts || has_trees(record)) throw;
      }
      install_again();
    }
  }

  bool has_trees(const SnapshotRecord& record) {
    Index::Read rows = store.index().read();
    return std::all_of(record.trees.begin(), record.trees.end(),
                       [&](const SnapshotTree& tree) { return rows.tree(tree.tree).has_value(); });
  }

  /// The cut-offs as points in time; spans count back from now.
  UploadCutoffs cutoffs() const {
    const std::int64_t now = store.clock().now().time_since_epoch().count();
    const auto moment = [&](const UploadCutoff& cutoff) {
      return cutoff.is_span ? now - cutoff.ns : cutoff.ns;
    };
    UploadCutoffs result;
    if (settings.exclude_newer) result.general_ns = moment(*settings.exclude_newer);
    result.moves = settings.exclude_newer && settings.exclude_newer->is_span;
    for (const auto& [name, cutoff] : settings.exclude_newer_packages)
      result.packages[name] = cutoff ? std::optional(moment(*cutoff)) : std::nullopt;
    return result;
  }

  /// Resolves and fetches. Returns the trees of the resolution.
  std::vector<SnapshotTree> install(const LayerRequest& request, const Pins& kept, const Pins& preferences) {
    if (request.requirements.empty()) return {};
    if (!client) client = std::make_shared<IndexClient>(store, settings.indexes, &progress);
    const RequiredHashes required = required_hashes(request);
    WheelFetcher fetcher(store, lease, *client, progress, required);
    IndexSource source(store, *client, fetcher, progress,
                       {interpreter, tags, version_of(interpreter), cutoffs(), required, preferences});
    source.look_ahead(request.requirements);
    const Resolution resolution = resolve_with(source, request, kept, preferences);
    progress.resolved(resolution.pins.size());

    std::map<std::string, std::shared_future<FetchedTree>> fetched;
    for (const auto& [name, pin] : resolution.pins)
      fetched.emplace(name, fetcher.start(name, pin.version, source.file_of(name, pin)));
    fetcher.drop_foreseen();
    source.remember();
    std::vector<SnapshotTree> trees;
    for (const auto& [name, pin] : resolution.pins) {
      const FetchedTree tree = fetched.at(name).get();
      (tree.was_there ? report.reused : report.installed) += 1;
      trees.push_back({tree.tree, name, pin.version.canonical()});
    }
    return trees;
  }

  /// The hashes of requirements files, flags, and the URLs of direct references. Throws for a requirement
  /// without one.
  RequiredHashes required_hashes(const LayerRequest& request) const {
    RequiredHashes required = request.hashes;
    required.for_all = required.for_all || settings.require_hashes;
    if (!required.are_required()) return required;
    for (const Requirement& requirement : request.requirements) {
      const auto applies =
          requirement.marker.evaluate({interpreter.markers, {}, {}, pypackaging::MarkerContext::requirement});
      if (!applies || !*applies || required.allowed.contains(requirement.normalized_name)) continue;
      FileDigests hashes;
      if (requirement.url)
        for (const FileDigest& hash : direct_file(requirement.normalized_name, *requirement.url).hashes)
          if (is_strong_algorithm(hash.algorithm)) hashes.add(hash);
      if (hashes.empty())
        throw Error(
            ErrorKind::invalid_input,
            "cannot install '" + requirement.name + "': hashes are required, and none is given for it",
            "give each requirement its --hash=sha256:... in the requirements file, or leave "
            "--require-hashes and every --hash away");
      required.allowed.emplace(requirement.normalized_name, std::move(hashes));
    }
    return required;
  }

  /// Keeps the versions of the layers below if the requirements allow it; otherwise this layer's versions
  /// hide them, with a warning.
  Resolution resolve_with(IndexSource& source, const LayerRequest& request, const Pins& kept,
                          const Pins& preferences) {
    ResolveInput input;
    input.requirements = request.requirements;
    input.constraints = settings.constraints;
    input.constraints.insert(input.constraints.end(), settings.upgrade_packages.begin(),
                             settings.upgrade_packages.end());
    input.overrides = settings.overrides;
    input.preferences = preferences;
    input.environment = interpreter.markers;
    input.python = version_of(interpreter);
    input.prereleases = settings.prereleases;
    input.strategy = settings.strategy;
    if (!kept.empty()) {
      ResolveInput narrow = input;
      for (Requirement& constraint : exactly(kept)) narrow.constraints.push_back(std::move(constraint));
      auto answer = pypackaging::resolve(narrow, source);
      if (auto* resolution = std::get_if<Resolution>(&answer)) return checked(std::move(*resolution));
    }
    auto answer = pypackaging::resolve(input, source);
    if (auto* conflict = std::get_if<Conflict>(&answer))
      throw Error(ErrorKind::unresolvable,
                  "cannot find versions that fit together:\n" +
                      (progress.is_verbose() ? conflict->full_explanation : conflict->explanation));
    auto& resolution = std::get<Resolution>(answer);
    for (const auto& [name, pin] : resolution.pins)
      if (const auto below = kept.find(name); below != kept.end() && below->second != pin.version)
        progress.warning(name + " " + pin.version.canonical() + " of --with hides " +
                         below->second.canonical() + " of the environment below");
    return checked(std::move(resolution));
  }

  /// Warns of unexpected choices. A broken wheel is an error; no older version is used instead. A version
  /// with unreadable metadata is skipped with a warning, as in pip and uv.
  Resolution checked(Resolution resolution) {
    for (const pypackaging::PassedOver& version : resolution.passed_over) {
      const std::string title = version.name + " " + version.version.canonical();
      if (version.is_broken)
        throw Error(ErrorKind::invalid_input, "cannot use " + title + ": " + version.reason,
                    "an older version is not taken in its place; to do without it, require " + version.name +
                        "!=" + version.version.canonical());
      progress.warning(title + " is passed over: " + version.reason);
    }
    for (const std::string& warning : resolution.warnings) progress.warning(warning);
    return resolution;
  }

  SnapshotRecord record_of(std::vector<SnapshotTree> trees) const {
    SnapshotRecord record;
    record.interpreter = interpreter.identity();
    record.site_path = interpreter.site_path;
    record.cache_tag = interpreter.cache_tag;
    record.prefix_files = {{"pyvenv.cfg", pyvenv_cfg(interpreter)}};
    for (const SnapshotTree& tree : trees)
      if (forest_rule(tree.name) != nullptr) record.forced_forest.push_back(tree.name);
    record.trees = std::move(trees);
    return record;
  }

  LayerPlan plan_of(const SnapshotRecord& record, const Placement& placement) const {
    LayerPlan plan;
    plan.snapshot = record.id();
    plan.layout = placement.layout;
    plan.has_pth = placement.has_pth;
    plan.scripts = placement.scripts;
    plan.prefix_entries = placement.prefix_entries;
    return plan;
  }

  Store& store;
  Lease& lease;
  const Interpreter& interpreter;
  ResolutionSettings settings;
  Layout layout;
  Progress& progress;
  pypackaging::TagPriority tags;
  std::shared_ptr<IndexClient> client;
  ProvisionReport report;
};

Provisioner::Provisioner(Store& store, Lease& lease, const Interpreter& interpreter,
                         ResolutionSettings settings, Layout layout, Progress& progress)
    : impl_(std::make_unique<Impl>(store, lease, interpreter, std::move(settings), layout, progress)) {}

Provisioner::~Provisioner() = default;

void Provisioner::use(std::shared_ptr<IndexClient> client) {
  impl_->client = std::move(client);
}

LayerPlan Provisioner::provide(const LayerRequest& request, const std::vector<LayerPlan>& below) {
  return impl_->provide(request, below);
}

const ProvisionReport& Provisioner::report() const {
  return impl_->report;
}

}  // namespace envstore
