#include "store/objects/tree_rows.h"

#include <algorithm>

#include "store/index/lock_time_slice.h"
#include "store/platform/error.h"
#include "store/platform/folders.h"
#include "store/platform/random.h"

namespace envstore {
namespace {

/// Between the reuse of an object and now, gc may have removed its row and the object itself.
void bring_back_object(StoreWriter& store, const TreeId& id, const StoredFile& file) {
  const std::string object = std::string(store_paths::kObjects) + "/" + file.object;
  if (!stat_at(store.root(), object, Links::do_not_follow))
    with_folder(store.root(), object, [&] {
      return link_at(store.root(), store_paths::tree(id) + "/" + file.entry.path, store.root(), object);
    });
}

void record_file(StoreWriter& store, Index::Write& write, const TreeId& id, const StoredFile& file) {
  if (file.object.empty()) return;
  const std::optional<BlobRow> row = write.blob(file.entry.blob);
  if (!row) bring_back_object(store, id, file);
  if (!row || (file.is_ledger_new && !(*row == file.ledger))) write.put(file.entry.blob, file.ledger);
  write.link_blob_to_tree(file.entry.blob, id);
}

/// Sorted by blob, so that consecutive rows are on the same pages.
std::vector<const StoredFile*> in_order_of_blobs(const std::vector<StoredFile>& files) {
  std::vector<const StoredFile*> sorted;
  sorted.reserve(files.size());
  for (const StoredFile& file : files) sorted.push_back(&file);
  std::sort(sorted.begin(), sorted.end(),
            [](const StoredFile* a, const StoredFile* b) { return a->entry.blob < b->entry.blob; });
  return sorted;
}

}  // namespace

FileLock lock_tree(StoreWriter& store, const TreeId& id) {
  return FileLock::wait(store.root(), store_paths::tree_lock(id), LockMode::exclusive);
}

FileLock lock_objects(StoreWriter& store, LockMode mode) {
  return FileLock::wait(store.root(), store_paths::kObjectsLock, mode);
}

bool has_tree(const StoreReader& store, const TreeId& id) {
  return stat_at(store.root(), store_paths::tree(id), Links::do_not_follow).has_value() &&
         store.index().read().tree(id).has_value();
}

bool move_to_trash(StoreWriter& store, const std::string& path, const std::string& to_trash) {
  return move_away(store.root(), path, to_trash) == MovedAway::renamed;
}

void throw_away(StoreWriter& store, const std::string& path) {
  const std::string trash = std::string(store_paths::kTrash) + "/" + random_name();
  if (move_to_trash(store, path, trash)) remove_tree(store.root(), trash);
}

void move_into_place(StoreWriter& store, const std::string& from, const std::string& to) {
  if (with_folder(store.root(), to, [&] { return rename_new(store.root(), from, store.root(), to); })) return;
  throw_away(store, to);
  if (!rename_new(store.root(), from, store.root(), to))
    throw Error(ErrorKind::busy,
                "cannot rename '" + store.path() + "/" + from + "': its place is taken again");
}

void take_out_of_sight(StoreWriter& store, const std::string& path, const std::string& tmp) noexcept {
  try {
    const std::string undone = tmp + "/undone-" + random_name();
    move_away(store.root(), path, undone);
    remove_tree(store.root(), undone);
  } catch (...) {
    return;
  }
}

void record_wheel(StoreWriter& store, const WheelHash& wheel, const TreeId& id) {
  Index::Write write = store.index().write();
  write.put(wheel, WheelRow{id});
  write.commit();
}

void record_tree(StoreWriter& store, const TreeId& id, const TreeInfo& info,
                 const std::vector<StoredFile>& files) {
  const std::vector<const StoredFile*> sorted = in_order_of_blobs(files);
  std::size_t next = 0;
  do {
    const FileLock no_object_goes = lock_objects(store, LockMode::shared);
    Index::Write write = store.index().write();
    const LockTimeSlice slice;
    for (; next < sorted.size() && !slice.is_over(); ++next) record_file(store, write, id, *sorted[next]);
    if (next == sorted.size()) {
      write.put(id, info);
      write.put(info.wheel, WheelRow{id});
    }
    write.commit();
  } while (next < sorted.size());
}

void forget_unfinished_tree(StoreWriter& store, const TreeId& id, const std::vector<StoredFile>& files) {
  Index::Write write = store.index().write();
  if (write.tree(id)) return;
  bool has_rows = false;
  for (const StoredFile& file : files) {
    const std::vector<TreeId> trees = write.trees_of(file.entry.blob);
    if (std::find(trees.begin(), trees.end(), id) == trees.end()) continue;
    has_rows = true;
    write.unlink_blob_from_tree(file.entry.blob, id);
    if (trees.size() == 1) write.erase(file.entry.blob);
  }
  if (has_rows) write.commit();
}

void remove_unnamed_objects(StoreWriter& store, std::vector<BlobId> blobs) {
  constexpr std::size_t kObjectsALock = 500;
  std::sort(blobs.begin(), blobs.end());
  for (std::size_t next = 0; next < blobs.size();) {
    const std::size_t end = std::min(blobs.size(), next + kObjectsALock);
    const FileLock no_row_is_written = lock_objects(store, LockMode::exclusive);
    Index::Read rows = store.index().read();
    for (; next < end; ++next)
      if (!rows.blob(blobs[next])) unlink_if_there(store.root(), store_paths::object(blobs[next]));
  }
}

}  // namespace envstore
