#include <algorithm>
#include <optional>
#include <string_view>

#include "gc/collect/leftovers.h"
#include "gc/collect/trash.h"
#include "store/index/lock_time_slice.h"
#include "store/objects/tree_rows.h"
#include "store/platform/error.h"
#include "store/platform/folders.h"
#include "store/platform/lock.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

class Orphans {
 public:
  Orphans(StoreWriter& store, const LeftoverAge& age, GcReport& report)
      : store_(store), age_(age), report_(report), trash_(store, report) {}

  void remove() {
    for (const char* folder : {store_paths::kSnapshots, store_paths::kTrees, store_paths::kSlots})
      guarded([&] {
        for (const DirectoryEntry& entry : list_folder(store_.root(), folder))
          guarded([&] { judge(folder, entry.name); });
      });
    trash_.empty();
    guarded([&] {
      for (const DirectoryEntry& entry : list_folder(store_.root(), store_paths::kObjects))
        guarded([&] { objects_in(entry.name); });
    });
  }

 private:
  template <class Work>
  void guarded(Work work) {
    try {
      work();
    } catch (const Error& error) {
      report_.failures.emplace_back(error.what());
    }
  }

  bool is_old(const std::string& path) const {
    const auto stamp = stat_at(store_.root(), path, Links::do_not_follow);
    if (!stamp) return false;
    const std::int64_t changed = std::max(stamp->ctime_ns, stamp->mtime_ns);
    return settled_time_ns(store_, path, changed, age_) < age_.orphans_before_ns;
  }

  /// Handles `id`, `id.farm`, `id.forest` and `id.json` of a tree or a snapshot. Other names are left to
  /// verify, which reports them.
  void judge(const std::string& folder, const std::string& name) {
    const std::string hex = name.substr(0, name.find('.'));
    const auto tree = TreeId::parse(hex);
    const auto snapshot = SnapshotId::parse(hex);
    if (!tree || !snapshot || has_row(*tree, *snapshot)) return;
    const std::string path = folder + "/" + name;
    if (!is_old(path)) return;
    // The maker holds one of these locks from its first file to its row.
    const auto tree_lock = attempt(store_paths::tree_lock(*tree));
    const auto snapshot_lock = attempt(store_paths::snapshot_lock(*snapshot));
    if (!tree_lock || !snapshot_lock || has_row(*tree, *snapshot)) return;
    if (trash_.take(path)) ++report_.removed_leftovers;
  }

  std::optional<FileLock> attempt(const std::string& lock) {
    return FileLock::attempt(store_.root(), lock, LockMode::exclusive);
  }

  bool has_row(const TreeId& tree, const SnapshotId& snapshot) {
    Index::Read rows = store_.index().read();
    return rows.tree(tree) || rows.snapshot(snapshot);
  }

  void objects_in(const std::string& directory) {
    std::vector<BlobId> blobs;
    for (const DirectoryEntry& entry :
         list_folder(store_.root(), std::string(store_paths::kObjects) + "/" + directory))
      if (const auto id = BlobId::parse(directory + entry.name)) blobs.push_back(*id);
    for (const BlobId& id : without_row(blobs)) guarded([&] { remove_object(id); });
  }

  std::vector<BlobId> without_row(const std::vector<BlobId>& blobs) {
    std::vector<BlobId> found;
    for (std::size_t next = 0; next < blobs.size();) {
      const LockTimeSlice slice;
      Index::Read rows = store_.index().read();
      for (; next < blobs.size() && !slice.is_over(); ++next)
        if (!rows.blob(blobs[next])) found.push_back(blobs[next]);
    }
    return found;
  }

  /// Holds the lock that record_tree takes for its rows: record_tree then finds an unlinked object missing,
  /// and restores it.
  void remove_object(const BlobId& id) {
    if (!is_old(store_paths::object(id))) return;
    const FileLock lock = lock_objects(store_, LockMode::exclusive);
    if (store_.index().read().blob(id)) return;
    if (unlink_if_there(store_.root(), store_paths::object(id))) ++report_.removed_leftovers;
  }

  StoreWriter& store_;
  const LeftoverAge& age_;
  GcReport& report_;
  Trash trash_;
};

}  // namespace

void remove_orphans(StoreWriter& store, const LeftoverAge& age, GcReport& report) {
  if (age.ages_mean_something) Orphans(store, age, report).remove();
}

}  // namespace envstore
