#include "python/provision/provision_layers.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "python/provision/sdist_builder.h"
#include "python/resolve/pins.h"
#include "python/resolve/request_text.h"
#include "python/resolve/required_hashes.h"
#include "python/resolve/resolve.h"
#include "store/platform/error.h"
#include "store/platform/lock.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

/// Called before the first request to a package index, because the answer could not be stored.
[[noreturn]] void refuse_to_make(const StoreReader& store, const std::string& label, bool was_looked_for) {
  throw Error(ErrorKind::permission,
              "cannot make the environment of '" + label + "': the store '" + store.path() +
                  "' is read-only" +
                  (was_looked_for ? " and does not have it" : ", so nothing can be asked again"),
              kWritableStoreHint);
}

/// Whether an earlier answer to the same request will do.
bool may_reuse(const ResolutionSettings& settings) {
  return !settings.upgrade && settings.upgrade_packages.empty() && !settings.indexes.refresh &&
         settings.indexes.refresh_packages.empty();
}

/// A layer with a snapshot. A new one is placed at once, while its request is locked; one that the store had,
/// when the layout of the run is known.
struct MadeLayer {
  SnapshotRecord record;
  std::optional<Placement> placement;
};

LayerPlan plan_of(const Placement& placement) {
  return {placement.id, placement.layout, placement.has_pth, placement.scripts, placement.prefix_entries};
}

class LayerProvisioning {
 public:
  LayerProvisioning(StoreWriter& store, Lease& lease, const Interpreter& interpreter, Layout layout,
                    std::shared_ptr<IndexClient> script_client, Progress& progress, const BuildChain* outer)
      : store_(store),
        lease_(lease),
        interpreter_(interpreter),
        layout_(layout),
        script_client_(std::move(script_client)),
        progress_(progress),
        outer_(outer) {}

  ProvisionedLayers run(const Layers& layers) {
    made_.resize(layers.layers.size());
    for (std::size_t i = made_.size(); i-- > 0;)
      if (layers.layers[i].only_without.empty()) made_[i] = find_or_make(layers.layers[i], below(i));
    for (std::size_t i = made_.size(); i-- > 0;)
      if (const Layer& layer = layers.layers[i]; !layer.only_without.empty() && !has(layer.only_without))
        made_[i] = find_or_make(layer, below(i));
    for (std::size_t i = 0; i < made_.size(); ++i)
      if (made_[i])
        for (const WatchedPath& wheel : layers.layers[i].local_wheels) result_.watched.push_back(wheel);
    place_all();
    return std::move(result_);
  }

 private:
  /// The request of a layer, by which its answer is found.
  struct LayerRequest {
    std::string text;
    Fingerprint key = fingerprint(as_bytes(text));
  };

  /// The snapshots under a layer, nearest first.
  std::vector<SnapshotId> below(std::size_t position) const {
    std::vector<SnapshotId> ids;
    for (std::size_t i = position + 1; i < made_.size(); ++i)
      if (made_[i]) ids.push_back(made_[i]->record.id());
    return ids;
  }

  bool has(const std::string& name) const {
    return std::any_of(made_.begin(), made_.end(), [&](const std::optional<MadeLayer>& layer) {
      return layer && std::any_of(layer->record.trees.begin(), layer->record.trees.end(),
                                  [&](const SnapshotTree& tree) { return tree.name == name; });
    });
  }

  MadeLayer find_or_make(const Layer& layer, const std::vector<SnapshotId>& below) {
    const LayerRequest request{request_text(layer, interpreter_, below)};
    const bool reuses = may_reuse(layer.settings);
    if (reuses)
      if (auto known = known_answer(request)) return *known;
    if (store_.is_read_only()) refuse_to_make(store_, layer.label, reuses);

    // The environment of a build is always resolved again, while the locks of outer requests are held:
    // waiting for one more could end in a circle of processes that wait for each other.
    if (layer.source == Layer::Source::build) return make(layer, below, request);
    // Of many processes with the same request, one does the work; the others find its answer.
    const FileLock lock =
        FileLock::wait(store_.root(), store_paths::request_lock(request.key), LockMode::exclusive);
    if (reuses)
      if (auto known = known_answer(request)) return *known;
    return make(layer, below, request);
  }

  std::optional<RequestRow> earlier_answer(const LayerRequest& request) {
    Index::Read rows = store_.index().read();
    auto row = rows.request(request.key);
    if (!row || row->canonical != request.text || !rows.snapshot(row->snapshot)) return std::nullopt;
    return row;
  }

  std::optional<MadeLayer> known_answer(const LayerRequest& request) {
    const auto row = earlier_answer(request);
    if (!row || !lease_.add({row->snapshot})) return std::nullopt;
    const auto snapshot = store_.index().read().snapshot(row->snapshot);
    if (!snapshot) return std::nullopt;
    MadeLayer made{SnapshotRecord::parse(snapshot->record), std::nullopt};
    result_.report.reused += made.record.trees.size();
    return made;
  }

  PreferredVersions preferred_versions(const Layer& layer, const std::vector<SnapshotId>& below,
                                       const LayerRequest& request) {
    PreferredVersions preferred;
    if (!layer.settings.upgrade)
      if (const auto earlier = earlier_answer(request))
        preferred.earlier = pins_of(store_, {earlier->snapshot});
    for (const auto& upgraded : layer.settings.upgrade_packages)
      preferred.earlier.erase(upgraded.normalized_name);
    preferred.below = pins_of(store_, below);
    return preferred;
  }

  MadeLayer make(const Layer& layer, const std::vector<SnapshotId>& below, const LayerRequest& request) {
    const auto started = std::chrono::steady_clock::now();
    const bool has_client = layer.source == Layer::Source::script || layer.source == Layer::Source::build;
    const auto client = has_client && script_client_
                            ? script_client_
                            : std::make_shared<IndexClient>(store_, layer.settings.indexes, &progress_);
    const RequiredHashes hashes = required_hashes(layer, interpreter_);
    SdistBuilder sdists({store_, interpreter_, layer.settings, progress_, outer_}, *client, hashes);
    MadeLayer made;
    made.record =
        lock_and_provision(layer, preferred_versions(layer, below, request), *client, sdists, hashes);
    made.placement = place(made.record, layer.label, request.text, [&] {
      WheelFetcher fetcher(store_, lease_, *client, sdists, progress_, hashes);
      ProvisionReport repeated;
      made.record = provision(result_.locks.back(), interpreter_, fetcher, repeated);
    });
    for (const Clash& clash : made.placement->clashes)
      progress_.warning(clash.path + " is in both " + clash.kept + " and " + clash.dropped + "; the one of " +
                        clash.kept + " is used");
    result_.report.seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return made;
  }

  /// Wheels are prefetched during the resolution, and the candidates are saved during the transfers.
  SnapshotRecord lock_and_provision(const Layer& layer, const PreferredVersions& preferred,
                                    IndexClient& client, SdistBuilder& sdists, const RequiredHashes& hashes) {
    WheelFetcher fetcher(store_, lease_, client, sdists, progress_, hashes);
    if (layer.locked) {
      const Lock& lock = result_.locks.emplace_back(*layer.locked);
      if (progress_.is_verbose()) progress_.value("lock", to_json(lock));
      return provision(lock, interpreter_, fetcher, result_.report);
    }
    const std::int64_t now = store_.clock().now().time_since_epoch().count();
    IndexSource source(store_, client, fetcher, sdists, progress_,
                       source_rules(layer, interpreter_, tags(), preferred, hashes, now));
    source.look_ahead(layer.requirements);
    const Lock& lock =
        result_.locks.emplace_back(resolve_layer(layer, interpreter_, preferred, source, progress_));
    progress_.resolved(lock.packages.size());
    if (progress_.is_verbose()) progress_.value("lock", to_json(lock));
    start_fetching(lock, fetcher);
    source.save_candidates();
    return provision(lock, interpreter_, fetcher, result_.report);
  }

  const pypackaging::TagPriority& tags() {
    if (!tags_) tags_.emplace(pypackaging::supported_tags(interpreter_.tags));
    return *tags_;
  }

  /// A concurrent gc may delete a tree without a snapshot after it was found and before the snapshot's rows
  /// are written. The lock is then provisioned again; gc never deletes trees that this process has unpacked
  /// itself.
  Placement place(const SnapshotRecord& record, const std::string& label, const std::string& text,
                  const std::function<void()>& provision_again) {
    constexpr int kAttempts = 5;
    for (int attempt = 1;; ++attempt) {
      RequestRow row;
      row.canonical = text;
      row.snapshot = record.id();
      row.label = label;
      row.made_at_ns = store_.clock().now().time_since_epoch().count();
      try {
        return place_snapshot(store_, lease_, record, layout_with(record), row);
      } catch (const Error&) {
        if (attempt == kAttempts || has_trees(record)) throw;
      }
      provision_again();
    }
  }

  bool has_trees(const SnapshotRecord& record) {
    Index::Read rows = store_.index().read();
    return std::all_of(record.trees.begin(), record.trees.end(),
                       [&](const SnapshotTree& tree) { return rows.tree(tree.tree).has_value(); });
  }

  /// The layout of a layer, as far as the layers made until now decide it.
  Layout layout_with(const SnapshotRecord& record) const {
    std::vector<SnapshotRecord> records{record};
    for (const auto& layer : made_)
      if (layer) records.push_back(layer->record);
    return laid_out(records, layout_).layers.front().layout;
  }

  /// Lays out what is not yet laid out as the whole run requires it.
  void place_all() {
    std::vector<SnapshotRecord> records;
    for (const auto& layer : made_)
      if (layer) records.push_back(layer->record);
    result_.snapshots = laid_out(records, layout_);
    auto snapshot = result_.snapshots.layers.begin();
    for (auto& layer : made_) {
      if (!layer) continue;
      const Layout layout = (snapshot++)->layout;
      if (!layer->placement || layer->placement->layout != layout)
        layer->placement = place_snapshot(store_, lease_, layer->record, layout, std::nullopt);
      result_.plans.push_back(plan_of(*layer->placement));
    }
  }

  StoreWriter& store_;
  Lease& lease_;
  const Interpreter& interpreter_;
  const Layout layout_;
  const std::shared_ptr<IndexClient> script_client_;
  Progress& progress_;
  const BuildChain* const outer_;
  std::optional<pypackaging::TagPriority> tags_;
  std::vector<std::optional<MadeLayer>> made_;  ///< as the layers, top first
  ProvisionedLayers result_;
};

}  // namespace

ProvisionedLayers provision_layers(StoreWriter& store, Lease& lease, const Interpreter& interpreter,
                                   const Layers& layers, Layout layout,
                                   std::shared_ptr<IndexClient> script_client, Progress& progress,
                                   const BuildChain* outer) {
  return LayerProvisioning(store, lease, interpreter, layout, std::move(script_client), progress, outer)
      .run(layers);
}

LaunchPlan launch_plan(const Interpreter& interpreter, std::vector<LayerPlan> layers) {
  LaunchPlan plan;
  plan.interpreter = interpreter.path;
  plan.home = interpreter.home;
  plan.version = interpreter.version;
  plan.site_path = interpreter.site_path;
  plan.layers = std::move(layers);
  return plan;
}

}  // namespace envstore
