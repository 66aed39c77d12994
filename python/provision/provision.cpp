#include "python/provision/provision.h"

#include "python/wheel/forest_rules.h"

namespace envstore {
namespace {

std::string pyvenv_cfg(const Interpreter& interpreter) {
  return "home = " + interpreter.home +
         "\ninclude-system-site-packages = false\nversion = " + interpreter.version + "\n";
}

FetchedTree fetched(const LockedPackage& package, WheelFetcher& fetcher) try {
  return fetcher.start(package.name, package.version, package.file).get();
} catch (...) {
  fetcher.throw_first_failure();
  throw;
}

}  // namespace

void start_fetching(const Lock& lock, WheelFetcher& fetcher) {
  for (const LockedPackage& package : lock.packages)
    fetcher.start(package.name, package.version, package.file);
  fetcher.drop_prefetched();
}

SnapshotRecord provision(const Lock& lock, const Interpreter& interpreter, WheelFetcher& fetcher,
                         ProvisionReport& report) {
  start_fetching(lock, fetcher);
  SnapshotRecord record;
  record.interpreter = lock.interpreter;
  record.site_path = interpreter.site_path;
  record.cache_tag = interpreter.cache_tag;
  record.prefix_files = {{"pyvenv.cfg", pyvenv_cfg(interpreter)}};
  for (const LockedPackage& package : lock.packages) {
    const FetchedTree tree = fetched(package, fetcher);
    (tree.was_there ? report.reused : report.installed) += 1;
    record.trees.push_back({tree.tree, package.name, package.version.canonical()});
    if (forest_rule(package.name) != nullptr) record.forced_forest.push_back(package.name);
  }
  return record;
}

}  // namespace envstore
