#include "python/provision/prepare.h"

#include <malloc.h>

#include <algorithm>
#include <memory>

#include "python/bytecode/bytecode_work.h"
#include "python/provision/choose_interpreter.h"
#include "python/provision/known_run.h"
#include "python/provision/provision_layers.h"
#include "python/provision/read_layers.h"
#include "python/provision/run_cache.h"
#include "store/objects/unfinished_trees.h"
#include "store/platform/error.h"
#include "store/snapshots/adopt.h"

namespace envstore {
namespace {

/// Index pages of megabytes are allocated and freed on many threads. Returning the memory to the system each
/// time cost 6 % of a cold run's processor time.
void keep_freed_memory() {
  (void)mallopt(M_MMAP_THRESHOLD, 32 << 20);
  (void)mallopt(M_TRIM_THRESHOLD, 128 << 20);
}

/// The slow path of one run: everything that a run cache hit saves.
class Preparation {
 public:
  Preparation(StoreWriter& store, const Request& request, Progress& progress)
      : store_(store), request_(request), words_(request.words), progress_(progress) {}

  PreparedRun run() {
    keep_freed_memory();
    warn_of_script();
    add_watched(request_.watched);
    find_script_lock();
    find_interpreter();
    const Layers layers = read_layers(request_, interpreter_, script_lock_);
    add_watched(layers.requirements_files);
    for (const std::string& warning : layers.warnings) progress_.warning(warning);
    print("request", request_);
    print("layers", layers);

    auto ingest = Lease::acquire(store_, LeaseKind::ingest, {}, label_of(words_));
    ProvisionedLayers provisioned = provision_or_take_back(*ingest, layers);
    add_watched(provisioned.watched);
    print("snapshots", provisioned.snapshots);
    LaunchPlan plan = launch_plan(interpreter_, std::move(provisioned.plans));
    if (words_.compile_bytecode) compile(plan);

    std::vector<SnapshotId> snapshots;
    for (const Snapshots::Layer& layer : provisioned.snapshots.layers) snapshots.push_back(layer.id);
    Lease lease = lease_made(snapshots);
    if (!store_.is_read_only()) remember(plan, layers, snapshots);
    return {std::move(lease), std::move(plan), provisioned.report, false};
  }

 private:
  /// The ingest lease holds the snapshots, but an index that is being rebuilt may not have their rows yet.
  Lease lease_made(const std::vector<SnapshotId>& snapshots) {
    constexpr int kAttempts = 5;
    for (int attempt = 1;; ++attempt) {
      auto lease = Lease::acquire(store_, LeaseKind::run, snapshots, label_of(words_));
      if (lease) return std::move(*lease);
      if (store_.is_read_only() || attempt == kAttempts)
        throw Error(ErrorKind::damaged, "cannot lease the environment that was just made",
                    "run 'envstore doctor'");
      for (const SnapshotId& id : snapshots) adopt_snapshot(store_, id);
    }
  }

  template <class Value>
  void print(const char* name, const Value& value) {
    if (progress_.is_verbose()) progress_.value(name, to_json(value));
  }

  void add_watched(const std::vector<WatchedPath>& paths) {
    watched_.insert(watched_.end(), paths.begin(), paths.end());
  }

  /// A lock pins the versions that the block leaves open, so it is never ignored silently.
  void find_script_lock() {
    const bool is_script = !words_.script_path.empty() && words_.target.kind == Target::Kind::script;
    if (is_script && request_.key.block) {
      watched_.push_back(watch(words_.script_path + ".lock"));
      if (words_.script_lock != RunWords::ScriptLock::ignore && watched_.back().stamp)
        script_lock_ = words_.script_path + ".lock";
    }
    if (words_.requires_lock && script_lock_.empty())
      progress_.warning("there is no lock beside '" + words_.target.name +
                        "': --locked and --frozen have no effect ('uv lock --script' makes one)");
  }

  void remember(const LaunchPlan& plan, const Layers& layers, const std::vector<SnapshotId>& snapshots) {
    const std::string& text = request_.key.text;
    const bool has_files = !words_.with_requirements.empty();
    // A later run could not know which variables to check.
    if ((!has_files && !layers.variables.empty()) || layers.is_fetched) return;
    keep_run(store_,
             has_files ? keep_variables(store_, text, layers.variables, layers.requirements_files, snapshots)
                       : text,
             watched_, plan);
  }

  void compile(const LaunchPlan& plan) {
    if (store_.is_read_only()) progress_.warning("nothing is compiled: the store is read-only");
    compile_bytecode(store_, plan, CompilePriority::normal);
  }

  void warn_of_script() {
    for (const std::string& warning : request_.script.warnings) progress_.warning(warning);
    if (!request_.key.misspelt_block) return;
    const std::string& text = *words_.script_text;
    const pypackaging::ParseError& misspelt_block = *request_.key.misspelt_block;
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(misspelt_block.position);
    progress_.warning("line " + std::to_string(1 + std::count(text.begin(), end, '\n')) + " of '" +
                      words_.target.name + "' looks like metadata, but " + misspelt_block.message);
  }

  /// If an interpreter has to be probed, little else is likely to be cached. Requests the pages of the
  /// script's dependencies during the first probe.
  void ask_ahead() {
    const IndexSettings& indexes = request_.settings.indexes;
    const bool has_sources = !request_.settings.sources.empty();  // they may bind packages to other indexes
    const bool is_asking = client_ != nullptr;
    if (is_asking || has_sources || !script_lock_.empty() || request_.script.dependencies.empty() ||
        indexes.offline || store_.is_read_only())
      return;
    client_ = std::make_shared<IndexClient>(store_, indexes, &progress_);
    for (const auto& requirement : request_.script.dependencies)
      if (!requirement.url && requirement.marker.empty()) client_->project(requirement.normalized_name);
  }

  void find_interpreter() {
    Discovery discovery = choose_interpreter(
        store_, request_, [this] { ask_ahead(); }, progress_);
    interpreter_ = std::move(discovery.interpreter);
    add_watched(discovery.watched);
  }

  ProvisionedLayers provision_or_take_back(Lease& lease, const Layers& layers) {
    try {
      return provision_layers(store_, lease, interpreter_, layers, words_.layout, client_, progress_);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::no_space) take_back_trees(store_, lease);
      throw;
    }
  }

  StoreWriter& store_;
  const Request& request_;
  const RunWords& words_;
  Progress& progress_;
  Interpreter interpreter_;
  std::shared_ptr<IndexClient> client_;  ///< for the script's own layer; null if nothing was prefetched
  std::vector<WatchedPath> watched_;
  std::string script_lock_;  ///< path of the lock that counts; empty: none
};

}  // namespace

PreparedRun prepare_run(StoreWriter& store, const Request& request, Progress& progress) {
  return Preparation(store, request, progress).run();
}

}  // namespace envstore
