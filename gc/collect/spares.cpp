#include "gc/collect/spares.h"

#include <functional>
#include <string>

#include "gc/census/scan.h"
#include "store/leases/scratch_inventory.h"
#include "store/platform/error.h"
#include "store/platform/random.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

bool is_whole(StoreWriter& store, const std::string& path) {
  const auto directory = try_open_directory(store.root(), path);
  if (!directory) return false;
  try {
    return is_as_inventoried(directory->get());
  } catch (const Error&) {
    return false;
  }
}

/// Renames each spare scratch first, so that no run claims it while it is checked. Returns how many were
/// removed.
std::uint64_t drop(StoreWriter& store, const std::function<bool(const std::string&)>& is_kept) {
  if (!stat_at(store.root(), store_paths::kScratch, Links::do_not_follow)) return 0;
  const std::string prefix = store_paths::spare({});
  std::uint64_t dropped = 0;
  for (const DirectoryEntry& entry : list_directory(store.root(), store_paths::kScratch)) {
    const std::string path = std::string(store_paths::kScratch) + "/" + entry.name;
    if (!path.starts_with(prefix)) continue;
    const std::string aside = std::string(store_paths::kTrash) + "/" + random_name();
    try {
      rename_at(store.root(), path, store.root(), aside);
    } catch (const Error&) {
      continue;  // claimed by a run at this moment
    }
    if (is_kept(aside) && rename_new(store.root(), aside, store.root(), path)) continue;
    remove_tree(store.root(), aside);
    ++dropped;
  }
  return dropped;
}

}  // namespace

std::uint64_t drop_changed_spares(StoreWriter& store) {
  return drop(store, [&](const std::string& path) { return is_whole(store, path); });
}

std::uint64_t drop_all_spares(StoreWriter& store) {
  return drop(store, [](const std::string&) { return false; });
}

}  // namespace envstore
