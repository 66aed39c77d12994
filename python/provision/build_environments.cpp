#include "python/provision/build_environments.h"

#include <signal.h>

#include <algorithm>

#include "python/launch/environment.h"
#include "python/launch/keeper.h"
#include "python/launch/launch.h"
#include "python/provision/provision_layers.h"
#include "python/settings/direct_requirement.h"
#include "store/leases/lease.h"
#include "store/leases/scratch.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

/// Variables of this process that would lead a build out of its environment.
bool leads_outside(const std::string& entry) {
  return entry.starts_with("PYTHONPATH=") || entry.starts_with("PYTHONSTARTUP=") ||
         entry.starts_with("PYTHONNOUSERSITE=") || entry.starts_with("PYTHONUSERBASE=") ||
         entry.starts_with("PIP_REQUIRE_VIRTUALENV=");
}

class NestedEnvironment final : public BuildEnvironment {
 public:
  NestedEnvironment(StoreWriter& store, Lease lease, LaunchPlan plan, std::vector<std::string> pins,
                    std::vector<std::string> variables, RunningBuilds& running)
      : store_(store),
        lease_(std::move(lease)),
        plan_(std::move(plan)),
        pins_(std::move(pins)),
        variables_(std::move(variables)),
        running_(running),
        scratch_(make_scratch(store, lease_, plan_)),
        python_(scratch_.path() + "/bin/python") {
    running_.add(lease_.name());
  }
  ~NestedEnvironment() override { running_.remove(lease_.name()); }

  const std::string& python() const override { return python_; }
  std::vector<std::string> environment() const override {
    auto entries = run_environment(own_environment(), {}, store_, plan_, scratch_.path(), lease_.name());
    std::erase_if(entries, leads_outside);
    entries.emplace_back("PYTHONNOUSERSITE=1");
    // The value of the setting with the highest priority comes first, and stays.
    for (auto variable = variables_.rbegin(); variable != variables_.rend(); ++variable) {
      const std::string name = variable->substr(0, variable->find('=') + 1);
      std::erase_if(entries, [&](const std::string& entry) { return entry.starts_with(name); });
      entries.push_back(*variable);
    }
    return entries;
  }
  std::vector<std::string> pins() const override { return pins_; }

 private:
  StoreWriter& store_;
  Lease lease_;
  const LaunchPlan plan_;
  const std::vector<std::string> pins_, variables_;
  RunningBuilds& running_;
  Scratch scratch_;  ///< destroyed before the lease
  const std::string python_;
};

std::vector<std::string> pins_of(const ProvisionedLayers& layers) {
  std::vector<std::string> pins;
  for (const Lock& lock : layers.locks)
    for (const LockedPackage& package : lock.packages)
      pins.push_back(package.name + "==" + package.version.canonical());
  return pins;
}

/// Requirements whose markers hold, without an extra: `x; extra == 'y'` never applies.
std::vector<pypackaging::Requirement> applicable(const std::vector<pypackaging::Requirement>& requirements,
                                                 const Interpreter& interpreter) {
  std::vector<pypackaging::Requirement> result;
  for (const pypackaging::Requirement& each : requirements) {
    const auto applies =
        each.marker.evaluate({interpreter.markers, {}, {}, pypackaging::MarkerContext::metadata});
    if (applies && !*applies) continue;
    result.push_back(each);
    if (applies) result.back().marker = {};
  }
  return result;
}

Layers layers_of(const std::vector<pypackaging::Requirement>& requirements, const std::string& label,
                 const ResolutionSettings& of_layer) {
  Layers layers;
  if (requirements.empty()) return layers;
  Layer layer;
  layer.source = Layer::Source::build;
  layer.label = label;
  layer.requirements = requirements;
  layer.settings = build_environment_settings(of_layer);
  layers.layers.push_back(std::move(layer));
  return layers;
}

}  // namespace

void RunningBuilds::cancel() {
  const std::lock_guard lock(mutex_);
  is_cancelled_ = true;
  for (const std::string& lease : leases_)
    for (const pid_t pid : processes_of(lease)) (void)::kill(pid, SIGKILL);
}

void RunningBuilds::add(const std::string& lease) {
  if (outer_ != nullptr) outer_->add(lease);
  const std::lock_guard lock(mutex_);
  leases_.insert(lease);
  if (is_cancelled_) throw Error(ErrorKind::busy, "cannot build: the run has ended");
}

void RunningBuilds::remove(const std::string& lease) {
  {
    const std::lock_guard lock(mutex_);
    leases_.erase(lease);
  }
  if (outer_ != nullptr) outer_->remove(lease);
}

ResolutionSettings build_environment_settings(const ResolutionSettings& of_layer) {
  ResolutionSettings settings;
  settings.indexes = of_layer.indexes;
  settings.indexes.bound.clear();
  settings.exclude_newer = of_layer.exclude_newer;
  settings.exclude_newer_packages = of_layer.exclude_newer_packages;
  settings.static_metadata = of_layer.static_metadata;
  settings.build = of_layer.build;
  settings.constraints = of_layer.build.constraints;
  settings.upgrade = true;
  return settings;
}

NestedEnvironments::NestedEnvironments(const BuildContext& context, const BuildChain& build,
                                       std::shared_ptr<IndexClient> client)
    : context_(context), build_(build), client_(std::move(client)) {}

ProvisionedLayers NestedEnvironments::provision(Lease& ingest, const Layers& layers,
                                                const std::string& label) try {
  return provision_layers(context_.store, ingest, context_.interpreter, layers, Layout::farm, client_,
                          context_.progress, &build_);
} catch (const Error& error) {
  throw Error(error.kind(),
              "cannot build " + label + ": its build environment cannot be made: " + error.what(),
              error.hint());
}

std::unique_ptr<BuildEnvironment> NestedEnvironments::make(
    const std::vector<pypackaging::Requirement>& requirements, const std::string& label) {
  std::vector<pypackaging::Requirement> all = applicable(requirements, context_.interpreter);
  const auto& extra = context_.settings.build.extra_requirements;
  if (const auto own = extra.find(build_.name); own != extra.end())
    for (const std::string& text : own->second) all.push_back(parse_user_requirement(text, "/"));

  StoreWriter& store = context_.store;
  const std::string what = "build of " + label;
  auto ingest = Lease::acquire(store, LeaseKind::ingest, {}, what);
  ProvisionedLayers made = provision(*ingest, layers_of(all, what, context_.settings), label);
  std::vector<SnapshotId> snapshots;
  for (const Snapshots::Layer& layer : made.snapshots.layers) snapshots.push_back(layer.id);
  auto lease = Lease::acquire(store, LeaseKind::run, snapshots, what);
  if (!lease)
    throw Error(ErrorKind::damaged, "cannot lease the environment of the " + what, "run 'envstore doctor'");
  std::vector<std::string> pins = pins_of(made), variables;
  if (const auto own = context_.settings.build.extra_variables.find(build_.name);
      own != context_.settings.build.extra_variables.end())
    variables = own->second;
  return std::make_unique<NestedEnvironment>(store, std::move(*lease),
                                             launch_plan(context_.interpreter, std::move(made.plans)),
                                             std::move(pins), variables, build_.running);
}

}  // namespace envstore
