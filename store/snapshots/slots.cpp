#include "store/snapshots/slots.h"

#include <fcntl.h>
#include <algorithm>
#include <map>

#include "store/objects/tree_info.h"
#include "store/platform/folders.h"
#include "store/platform/path_parts.h"
#include "store/snapshots/placement_build.h"
#include "store/snapshots/placement_plan.h"

namespace envstore {
namespace {

bool is_there(const StoreReader& store, const std::string& path) {
  return stat_at(store.root(), path, Links::do_not_follow).has_value();
}

void make_marker(StoreWriter& store, const std::string& directory, const std::string& marker) {
  with_folder(store.root(), directory,
              [&] { return make_directory_if_missing(store.root(), directory, 0755); });
  // Opened for reading: another process may have made it, and its mode allows no writing.
  open_file(store.root(), marker, O_RDONLY | O_CREAT, 0444);
}

/// False if the tree shares a directory with another tree: what its sources give is in the snapshot's
/// slot, and the tree's slot is empty.
bool uses_every_slot(const LayoutPlan& plan, const LayoutTree& tree) {
  const std::string own = store_paths::slots(tree.id) + "/";
  const auto used =
      std::count_if(plan.caches.begin(), plan.caches.end(),
                    [&](const LayoutPlan::Cache& cache) { return cache.slot.starts_with(own); });
  return static_cast<std::size_t>(used) == source_directories(tree.manifest()).size();
}

/// Collects the pending sources of one layout.
class Pending {
 public:
  Pending(const StoreReader& store, const SnapshotRecord& record, Layout layout)
      : store_(store), record_(record), prefix_(store_paths::snapshot(record.id(), layout) + "/") {}

  std::vector<PendingSource> gather(const LayoutPlan& plan, const std::vector<LayoutTree>& trees) {
    for (const LayoutTree& tree : trees)
      done_.push_back(is_there(store_, store_paths::complete_marker(tree.id, record_.cache_tag)));
    for (const LayoutPlan::Cache& cache : plan.caches) slots_.emplace(cache.directory, cache.slot);
    for (const auto* list : {&plan.hard_links, &plan.empty_files})
      for (const auto& file : *list) add_laid_out(file);
    for (const auto& link : plan.links) {
      add_laid_out(link);
      if (!done_[link.tree]) add_linked_directory(link, trees[link.tree]);
    }
    return std::move(pending_);
  }

 private:
  /// Adds a source in a directory of the layout itself. In a directory shared by several trees the slot
  /// belongs to the snapshot, so no tree's marker covers it.
  void add_laid_out(const LayoutPlan::FromTree& file) {
    const auto slot = slots_.find(parent_of(file.path));
    if (slot == slots_.end() || !is_source(file.path)) return;
    const bool is_own_slot = slot->second.starts_with(store_paths::slots(record_.id()));
    if (is_own_slot || !done_[file.tree]) add(file.path, slot->second);
  }

  void add_linked_directory(const LayoutPlan::FromTree& link, const LayoutTree& tree) {
    const std::string inside = link.in_tree + "/";
    const std::vector<std::string> directories = source_directories(tree.manifest());
    for (const TreeEntry& entry : tree.manifest().entries()) {
      if (!entry.path.starts_with(inside) || !is_source(entry.path)) continue;
      const auto directory = std::lower_bound(directories.begin(), directories.end(), parent_of(entry.path));
      add(link.path + entry.path.substr(link.in_tree.size()),
          store_paths::slots(tree.id) + "/" + std::to_string(directory - directories.begin()));
    }
  }

  void add(const std::string& path, const std::string& slot) {
    pending_.push_back({store_.at(prefix_ + path), store_.at(slot)});
  }

  const StoreReader& store_;
  const SnapshotRecord& record_;
  std::string prefix_;
  std::vector<bool> done_;
  std::map<std::string, std::string> slots_;
  std::vector<PendingSource> pending_;
};

}  // namespace

std::vector<PendingSource> pending_sources(const StoreReader& store, const SnapshotRecord& record,
                                           Layout layout) {
  if (are_slots_complete(store, record.id())) return {};
  const std::vector<LayoutTree> trees = layout_trees(store, record);
  return Pending(store, record, layout).gather(plan_layout(record, trees, layout), trees);
}

void mark_slots_complete(StoreWriter& store, const SnapshotRecord& record) {
  const std::vector<LayoutTree> trees = layout_trees(store, record);
  const LayoutPlan plan = plan_layout(record, trees, Layout::forest);
  for (const LayoutTree& tree : trees)
    if (uses_every_slot(plan, tree))
      make_marker(store, store_paths::slots(tree.id),
                  store_paths::complete_marker(tree.id, record.cache_tag));
  const SnapshotId id = record.id();
  make_marker(store, store_paths::slots(id), store_paths::complete_marker(id));
}

bool are_slots_complete(const StoreReader& store, const SnapshotId& id) {
  return stat_at(store.root(), store_paths::complete_marker(id), Links::do_not_follow).has_value();
}

}  // namespace envstore
