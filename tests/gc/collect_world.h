#pragma once
#include <map>
#include <optional>
#include <string>

#include "gc/collect/collect.h"
#include "store/snapshots/snapshot.h"
#include "tests/store/tree_world.h"

namespace envstore::testing {

/// Deletes everything that is not held.
inline Policy everything() {
  Policy policy;
  policy.max_size = SizeLimit{.bytes = 1};
  policy.grace = {};
  return policy;
}

inline GcReport collect_all(Store& store) {
  GcOptions options;
  options.policy = everything();
  return collect(store, options);
}

inline bool is_there(Store& store, const std::string& path) {
  return stat_at(store.root(), path, Links::do_not_follow).has_value();
}

struct CollectWorld {
  TreeWorld folder;
  Store& store = folder.store();

  SnapshotId place(const std::map<std::string, TreeId>& trees, Layout layout = Layout::farm) {
    Lease lease = TreeWorld::lease(store);
    RequestRow request;
    for (const auto& [name, id] : trees) request.canonical += name;
    request.label = request.canonical;
    return place_snapshot(store, lease, TreeWorld::record(trees), layout, request).id;
  }
  SnapshotId place_one(const std::string& name) {
    return place({{name, folder.add_tree(name, {{"site/" + name + ".py", "name = '" + name + "'\n"}})}});
  }
  std::optional<Lease> run(const SnapshotId& id) {
    return Lease::acquire(store, LeaseKind::run, {id}, "a run");
  }
  void doom(const SnapshotId& id, Fate fate) {
    Index::Write rows = store.index().durable_write();
    rows.put_fate(id, {fate, 1, 1});
    rows.commit();
  }
  bool has_row(const SnapshotId& id) { return store.index().read().snapshot(id).has_value(); }
  std::size_t entries(const char* folder_name) { return list_directory(store.root(), folder_name).size(); }
  std::size_t objects() {
    std::size_t count = 0;
    for (const DirectoryEntry& entry : list_directory(store.root(), store_paths::kObjects))
      count += list_directory(store.root(), std::string(store_paths::kObjects) + "/" + entry.name).size();
    return count;
  }
};

inline std::string object_of(const std::string& content) {
  return store_paths::object(BlobId{sha256(as_bytes(content))});
}

}  // namespace envstore::testing
