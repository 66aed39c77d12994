#include "gc/collect/running_process_check.h"

#include <map>

#include "store/platform/store_paths.h"

namespace envstore {
namespace {

/// Maps paths to snapshots and trees. The store is known by the path that runs were given, and by its real
/// path, which maps and links show.
class Guarded {
 public:
  explicit Guarded(const StoreReader& store) : roots_{store.path()} {
    const auto real = real_path(store.path());
    if (real && *real != store.path()) roots_.push_back(*real);
  }

  void add_snapshot(const SnapshotId& id, std::uint32_t position) {
    for (const Layout layout : {Layout::farm, Layout::forest})
      for (const std::string& root : roots_)
        snapshots_[root + "/" + store_paths::snapshot(id, layout)].insert(position);
  }
  void add_tree(const TreeId& id, const std::set<std::uint32_t>& named_by) {
    for (const std::string& root : roots_) {
      const std::string path = root + "/" + store_paths::tree(id);
      trees_.emplace(path, id);
      snapshots_[path].insert(named_by.begin(), named_by.end());
    }
  }
  std::vector<std::string> paths() const {
    std::vector<std::string> all;
    for (const auto& [path, positions] : snapshots_) all.push_back(path);
    return all;
  }
  const std::set<std::uint32_t>& snapshots_at(const std::string& path) const { return snapshots_.at(path); }
  const TreeId* tree_at(const std::string& path) const {
    const auto found = trees_.find(path);
    return found == trees_.end() ? nullptr : &found->second;
  }

 private:
  std::vector<std::string> roots_;
  std::map<std::string, std::set<std::uint32_t>> snapshots_;
  std::map<std::string, TreeId> trees_;
};

/// Trees that only these snapshots name, each with the snapshots that name it.
std::map<std::uint32_t, std::set<std::uint32_t>> own_trees(const Census& census,
                                                           const std::vector<std::uint32_t>& going) {
  const std::set<std::uint32_t> goes(going.begin(), going.end());
  std::map<std::uint32_t, std::set<std::uint32_t>> own;
  for (const std::uint32_t position : going)
    for (const std::uint32_t tree : census.snapshots[position].trees) own[tree].insert(position);
  for (std::uint32_t position = 0; position < census.snapshots.size(); ++position)
    if (!goes.contains(position))
      for (const std::uint32_t tree : census.snapshots[position].trees) own.erase(tree);
  return own;
}

}  // namespace

RunningProcessCheck check_running_processes(const StoreReader& store, const Census& census,
                                            const std::vector<std::uint32_t>& going,
                                            const std::vector<std::uint32_t>& unused_trees) {
  Guarded guarded(store);
  for (const std::uint32_t position : going) guarded.add_snapshot(census.snapshots[position].id, position);
  for (const auto& [tree, named_by] : own_trees(census, going))
    guarded.add_tree(census.trees[tree].id, named_by);
  for (const std::uint32_t tree : unused_trees) guarded.add_tree(census.trees[tree].id, {});

  RunningProcessCheck caught;
  std::set<std::uint32_t> seen;
  for (const PathUse& use : paths_in_use(guarded.paths())) {
    if (const TreeId* tree = guarded.tree_at(use.path)) caught.trees.insert(*tree);
    for (const std::uint32_t position : guarded.snapshots_at(use.path))
      if (seen.insert(position).second) caught.snapshots.push_back({position, use.by});
  }
  return caught;
}

}  // namespace envstore
