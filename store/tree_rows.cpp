#include "store/tree_rows.h"

#include <sys/stat.h>
#include <algorithm>
#include <cerrno>

#include "store/pace.h"
#include "store/platform/error.h"
#include "store/platform/random.h"

namespace envstore {
namespace {

/// gc may have dropped the row of an object between its reuse and now, and the object with it.
void bring_back_object(Store& store, const TreeId& id, const StoredFile& file) {
  const std::string object = std::string(layout::kObjects) + "/" + file.object;
  if (!stat_at(store.root(), object, Links::do_not_follow))
    link_at(store.root(), layout::tree(id) + "/" + file.entry.path, store.root(), object);
}

void record_file(Store& store, Index::Write& write, const TreeId& id, const StoredFile& file) {
  if (file.object.empty()) return;
  const std::optional<BlobRow> row = write.blob(file.entry.blob);
  if (!row) bring_back_object(store, id, file);
  if (!row || (file.is_ledger_new && !(*row == file.ledger))) write.put(file.entry.blob, file.ledger);
  write.link_blob_to_tree(file.entry.blob, id);
}

/// Sorted by blob: neighbouring rows share pages.
std::vector<const StoredFile*> in_order_of_blobs(const std::vector<StoredFile>& files) {
  std::vector<const StoredFile*> sorted;
  sorted.reserve(files.size());
  for (const StoredFile& file : files) sorted.push_back(&file);
  std::sort(sorted.begin(), sorted.end(),
            [](const StoredFile* a, const StoredFile* b) { return a->entry.blob < b->entry.blob; });
  return sorted;
}

/// A directory can be moved to another parent only while it is writable.
void make_movable(Store& store, const std::string& path) {
  if (fchmodat(store.root(), path.c_str(), 0755, 0) != 0) {
    const int error = errno;
    if (error != ENOENT) throw_errno(error, "set the mode of", store.path() + "/" + path);
  }
}

}  // namespace

FileLock lock_tree(Store& store, const TreeId& id) {
  return FileLock::wait(store.root(), layout::tree_lock(id), LockMode::exclusive);
}

FileLock lock_objects(Store& store, LockMode mode) {
  return FileLock::wait(store.root(), std::string(layout::kLocks) + "/objects", mode);
}

bool has_tree(Store& store, const TreeId& id) {
  return stat_at(store.root(), layout::tree(id), Links::do_not_follow).has_value() &&
         store.index().read().tree(id).has_value();
}

bool move_to_trash(Store& store, const std::string& path, const std::string& to_trash) {
  if (!stat_at(store.root(), path, Links::do_not_follow)) return false;
  make_movable(store, path);
  rename_at(store.root(), path, store.root(), to_trash);
  return true;
}

void throw_away(Store& store, const std::string& path) {
  const std::string trash = std::string(layout::kTrash) + "/" + random_name();
  if (move_to_trash(store, path, trash)) remove_tree(store.root(), trash);
}

void move_into_place(Store& store, const std::string& from, const std::string& to) {
  if (rename_new(store.root(), from, store.root(), to)) return;
  throw_away(store, to);
  if (!rename_new(store.root(), from, store.root(), to))
    throw Error(ErrorKind::busy,
                "cannot rename '" + store.path() + "/" + from + "': its place is taken again");
}

void record_wheel(Store& store, const WheelHash& wheel, const TreeId& id) {
  Index::Write write = store.index().write();
  write.put(wheel, WheelRow{id});
  write.commit();
}

void record_tree(Store& store, const TreeId& id, const TreeInfo& info, const std::vector<StoredFile>& files) {
  const std::vector<const StoredFile*> sorted = in_order_of_blobs(files);
  std::size_t next = 0;
  do {
    const FileLock no_object_goes = lock_objects(store, LockMode::shared);
    Index::Write write = store.index().write();
    const Pace pace;
    for (; next < sorted.size() && !pace.is_over(); ++next) record_file(store, write, id, *sorted[next]);
    if (next == sorted.size()) {
      write.put(id, info);
      write.put(info.wheel, WheelRow{id});
    }
    write.commit();
  } while (next < sorted.size());
}

}  // namespace envstore
