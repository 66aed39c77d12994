#include "python/provision/prepare.h"

#include <malloc.h>

#include <algorithm>
#include <memory>

#include "pypackaging/name.h"
#include "python/bytecode/bytecode_work.h"
#include "python/provision/choose_interpreter.h"
#include "python/provision/known_run.h"
#include "python/provision/provision_layers.h"
#include "python/provision/read_layers.h"
#include "python/provision/run_cache.h"
#include "python/settings/requirements_file.h"
#include "python/settings/script_metadata.h"
#include "store/objects/unfinished_trees.h"
#include "store/platform/error.h"
#include "store/snapshots/adopt.h"

namespace envstore {
namespace {

using pypackaging::ScriptBlock;

/// Index pages of megabytes are allocated and freed on many threads. Returning the memory to the system each
/// time cost 6 % of a cold run's processor time.
void keep_freed_memory() {
  (void)mallopt(M_MMAP_THRESHOLD, 32 << 20);
  (void)mallopt(M_TRIM_THRESHOLD, 128 << 20);
}

/// The slow path of one run: everything that a run cache hit saves.
class Preparation {
 public:
  Preparation(Store& store, const RunRequest& request, Progress& progress)
      : store_(store), request_(request), progress_(progress) {}

  PreparedRun run(const RunKey& key) {
    keep_freed_memory();
    read_metadata(key.block);
    if (key.misspelt_block) warn_of(*key.misspelt_block);
    watched_ = request_.watched_settings ? request_.watched_settings() : std::vector<WatchedPath>();
    if (key.block) refuse_lock();
    ResolutionSettings settings = request_.settings(metadata_.settings);
    add_request(settings);
    find_interpreter(key.python_version_file, settings);
    const Layers layers = read_layers(request_, metadata_, std::move(settings), interpreter_);
    add_watched(layers.requirements_files);

    auto ingest = Lease::acquire(store_, LeaseKind::ingest, {}, label_of(request_));
    ProvisionedLayers provisioned = provision_or_take_back(*ingest, layers);
    add_watched(provisioned.watched);
    LaunchPlan plan = plan_of(std::move(provisioned.plans));
    if (request_.compile_bytecode) compile(plan);

    std::vector<SnapshotId> snapshots;
    for (const Snapshots::Layer& layer : provisioned.snapshots.layers) snapshots.push_back(layer.id);
    Lease lease = lease_made(snapshots);
    if (!store_.is_read_only()) remember(key.memo_text, plan, layers, snapshots);
    return {std::move(lease), std::move(plan), provisioned.report, false};
  }

 private:
  /// The ingest lease holds the snapshots, but an index that is being rebuilt may not have their rows yet.
  Lease lease_made(const std::vector<SnapshotId>& snapshots) {
    constexpr int kAttempts = 5;
    for (int attempt = 1;; ++attempt) {
      auto lease = Lease::acquire(store_, LeaseKind::run, snapshots, label_of(request_));
      if (lease) return std::move(*lease);
      if (store_.is_read_only() || attempt == kAttempts)
        throw Error(ErrorKind::damaged, "cannot lease the environment that was just made",
                    "run 'envstore doctor'");
      for (const SnapshotId& id : snapshots) adopt_snapshot(store_, id);
    }
  }

  /// Applies the flags of this run.
  void add_request(ResolutionSettings& settings) {
    settings.upgrade = settings.upgrade || request_.upgrade;
    settings.indexes.refresh = settings.indexes.refresh || request_.refresh || request_.upgrade;
    settings.indexes.offline = settings.indexes.offline || request_.offline;
    for (const std::string& name : request_.refresh_packages)
      settings.indexes.refresh_packages.insert(pypackaging::normalize_name(name));
    for (const std::string& text : request_.upgrade_packages) {
      settings.upgrade_packages.push_back(parse_user_requirement(text, current_directory()));
      settings.indexes.refresh_packages.insert(settings.upgrade_packages.back().normalized_name);
    }
  }

  void add_watched(const std::vector<WatchedPath>& paths) {
    watched_.insert(watched_.end(), paths.begin(), paths.end());
  }

  /// A lock pins the versions that the block leaves open, so it is never ignored silently.
  void refuse_lock() {
    if (request_.script_path.empty() || request_.target.kind != Target::Kind::script) return;
    watched_.push_back(watch(request_.script_path + ".lock"));
    if (request_.ignore_lock || !watched_.back().stamp) return;
    throw Error(ErrorKind::unsupported,
                "cannot run '" + request_.target.name + "' as its lock has it: '" + request_.script_path +
                    ".lock' lies beside it, and locks of scripts are not read yet",
                "--no-lock chooses the versions anew, as if there were no lock");
  }

  void remember(const std::string& text, const LaunchPlan& plan, const Layers& layers,
                const std::vector<SnapshotId>& snapshots) {
    const bool has_files = !request_.with_requirements.empty();
    // A later run could not know which variables to check.
    if (!has_files && !layers.variables.empty()) return;
    keep_memo(store_,
              has_files ? keep_variables(store_, text, layers.variables, layers.requirements_files, snapshots)
                        : text,
              watched_, plan);
  }

  void compile(const LaunchPlan& plan) {
    if (store_.is_read_only()) progress_.warning("nothing is compiled: the store is read-only");
    compile_bytecode(store_, plan, CompilePriority::normal);
  }

  void read_metadata(const std::optional<ScriptBlock>& block) {
    if (!block) return;
    const std::string directory = directory_of(request_);
    metadata_ = read_script_metadata(block->toml, block->first_line, request_.target.name, directory);
    for (const std::string& warning : metadata_.warnings) progress_.warning(warning);
  }

  void warn_of(const pypackaging::ParseError& misspelt_block) {
    const std::string& text = *request_.script_text;
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(misspelt_block.position);
    progress_.warning("line " + std::to_string(1 + std::count(text.begin(), end, '\n')) + " of '" +
                      request_.target.name + "' looks like metadata, but " + misspelt_block.message);
  }

  /// If the interpreter has to be probed, little else is likely to be cached. Requests the pages of the
  /// script's dependencies during the probe.
  void ask_ahead(const IndexSettings& indexes) {
    if (client_ || metadata_.dependencies.empty() || indexes.offline || store_.is_read_only()) return;
    client_ = std::make_shared<IndexClient>(store_, indexes, &progress_);
    for (const auto& requirement : metadata_.dependencies)
      if (!requirement.url && requirement.marker.empty()) client_->project(requirement.normalized_name);
  }

  void find_interpreter(const std::optional<PythonVersionFile>& version_file,
                        const ResolutionSettings& settings) {
    const auto before_probe = [&] {
      if (settings.sources.empty()) ask_ahead(settings.indexes);
    };
    Discovery discovery = choose_interpreter(store_, request_, metadata_, version_file,
                                             settings.python_preference, before_probe, progress_);
    interpreter_ = std::move(discovery.interpreter);
    add_watched(discovery.watched);
  }

  ProvisionedLayers provision_or_take_back(Lease& lease, const Layers& layers) {
    try {
      return provision_layers(store_, lease, interpreter_, layers, request_.layout, client_, progress_);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::no_space) take_back_trees(store_, lease);
      throw;
    }
  }

  LaunchPlan plan_of(std::vector<LayerPlan> layers) const {
    LaunchPlan plan;
    plan.interpreter = interpreter_.path;
    plan.home = interpreter_.home;
    plan.version = interpreter_.version;
    plan.site_path = interpreter_.site_path;
    plan.layers = std::move(layers);
    return plan;
  }

  Store& store_;
  const RunRequest& request_;
  Progress& progress_;
  ScriptMetadata metadata_;
  Interpreter interpreter_;
  std::shared_ptr<IndexClient> client_;  ///< for the script's own layer; null if nothing was prefetched
  std::vector<WatchedPath> watched_;
};

}  // namespace

PreparedRun prepare_run(Store& store, const RunRequest& request, Progress& progress) {
  const RunKey key = key_of(store, request);
  if (auto run = known_run(store, request, key)) return std::move(*run);
  return Preparation(store, request, progress).run(key);
}

}  // namespace envstore
