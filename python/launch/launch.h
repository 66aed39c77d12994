#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/index/store.h"
#include "store/leases/lease.h"
#include "store/leases/scratch.h"
#include "store/snapshots/snapshot.h"

namespace envstore {

/// One layer of a run. Plans list layers top first.
struct LayerPlan {
  SnapshotId snapshot;
  Layout layout = Layout::farm;
  bool has_pth = false;
  std::vector<std::string> scripts;         ///< names in the layer's bin
  std::vector<std::string> prefix_entries;  ///< share, etc, include, ...
  bool operator==(const LayerPlan&) const = default;
};

/// Everything that a warm run needs, in one record (`plan` of a run cache entry): nothing is parsed or looked
/// up again.
struct LaunchPlan {
  std::string interpreter;  ///< path to start
  std::string home;         ///< pyvenv.cfg
  std::string version;      ///< 3.11.2
  std::string site_path;    ///< lib/python3.11/site-packages
  std::vector<LayerPlan> layers;
  std::vector<std::string> editable_paths;  ///< source directories after the layers
  bool operator==(const LaunchPlan&) const = default;

  std::string encode() const;                        ///< versioned binary
  static LaunchPlan decode(std::string_view bytes);  ///< throws Error{damaged}
};
/// The printed form: compact JSON.
std::string to_json(const LaunchPlan& plan);

/// What to start inside the environment.
struct Target {
  enum class Kind { script, module, standard_input, command } kind = Kind::script;
  std::string name;  ///< script path (also a directory or zipapp), module, or command
  std::vector<std::string> arguments;
  bool operator==(const Target&) const = default;
};

struct LaunchOptions {
  bool replace_process = false;  ///< --exec
  bool is_quiet = false;         ///< no notes, errors only
  std::vector<std::pair<std::string, std::string>>
      environment;  ///< --env-file, overrides the inherited environment
};

/// The scratch of a plan: pyvenv.cfg, bin/python, entry points, .pth,
/// share/etc/include.
ScratchRecipe scratch_recipe(const StoreReader& store, const LaunchPlan& plan);

/// The scratch of a leased run of the plan.
Scratch make_scratch(StoreWriter& store, const Lease& lease, const LaunchPlan& plan);

/// Starts the target in the leased plan's environment, waits, cleans up, and returns the exit code: the
/// child's, or 128+n for a signal. Forwards signals sent to this process alone. 127: command not found; 126:
/// cannot be run. If processes of the run outlive the main one a keeper process takes lease and scratch over.
/// `while_running` is called once, after the child was started (promotion, bytecode): it must not block for
/// long.
int launch(StoreWriter& store, Lease lease, const LaunchPlan& plan, const Target& target,
           const LaunchOptions& options, const std::function<void()>& while_running);

}  // namespace envstore
