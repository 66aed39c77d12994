#pragma once
#include "../interpreter/world.h"
#include "python/interpreter/probe.h"
#include "python/launch/launch.h"
#include "store/platform/store_paths.h"

namespace envstore::test {

/// A store, a real interpreter, and layers made by hand.
struct LaunchWorld : TemporaryDirectory {
  LaunchWorld() : store(Store::open(path() + "/store", clock)) {
    setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    setenv("HOME", path().c_str(), 1);
  }
  SystemClock clock;
  Store store;

  LaunchPlan plan_for(const std::string& interpreter) const {
    const Interpreter it = Interpreter::from_probe(run_probe(interpreter, "/"));
    const std::string real = real_path(it.path).value_or(it.path);
    return {real, real.substr(0, real.rfind('/')), it.version, it.site_path, {}, {}};
  }
  /// A plan for the first CPython interpreter that is 3.8 or newer.
  LaunchPlan plan() const {
    for (const std::string& path : real_interpreters()) {
      const Interpreter it = Interpreter::from_probe(run_probe(path, "/"));
      if (it.major == 3 && it.minor >= 8 && it.implementation == "cpython") return plan_for(path);
    }
    return {};
  }
  /// Adds a layer below the plan's layers.
  std::string add_layer(LaunchPlan& plan, unsigned char number) const {
    LayerPlan layer{SnapshotId{{number}}, Layout::farm, false, {}, {}};
    plan.layers.push_back(layer);
    const std::string prefix = "store/" + store_paths::snapshot(layer.snapshot, layer.layout);
    make_directories(AT_FDCWD, path() + "/" + prefix + "/bin", 0755);
    make_directories(AT_FDCWD, path() + "/" + prefix + "/" + plan.site_path, 0755);
    return prefix;
  }
  int run(const LaunchPlan& plan, const Target& target, const LaunchOptions& options = {}) {
    auto lease = Lease::acquire(store, LeaseKind::run, {}, "test");
    return launch(store, std::move(*lease), plan, target, options, {});
  }
  int python(const LaunchPlan& plan, const std::string& code, std::vector<std::string> arguments = {}) {
    return run(plan, {Target::Kind::script, write("script.py", code), std::move(arguments)});
  }
  std::string output() const { return read_file(AT_FDCWD, path() + "/out"); }
};

}  // namespace envstore::test
