#pragma once
#include <string>
#include <vector>

#include "store/index/store.h"
#include "store/objects/tree.h"
#include "store/platform/lock.h"

namespace envstore {

/// A file of a tree that was just written or found, and the row that its blob is to have.
///
/// The mode belongs to the inode, and so to the object: an object has the mode of the first file that had its
/// bytes, 0444 or 0555. A file of a tree that needs the other mode is a separate copy, without a row.
/// BlobRow::mode is the object's whole st_mode.
struct StoredFile {
  TreeEntry entry;
  std::string object;  ///< relative to objects; empty: an empty file, which has no object
  BlobRow ledger;
  bool is_ledger_new = false;  ///< `ledger` differs from the row in the index
};

/// One of 256 locks. It makes these steps atomic: check whether the tree exists, move it into place, write
/// its rows. Taken after locks/wheel-*, before the index's lock.
FileLock lock_tree(StoreWriter& store, const TreeId& id);
/// locks/objects: shared while rows of blobs are written, exclusive while the collector unlinks objects whose
/// rows it has dropped. Without it, a blob's row could be written again between the collector's last check
/// and its unlink. Taken after the locks of trees and snapshots and gc.lock, before the index's lock. No run
/// on the warm path takes it.
FileLock lock_objects(StoreWriter& store, LockMode mode);
/// True if the tree has a row and exists in trees/. Call it under lock_tree.
bool has_tree(const StoreReader& store, const TreeId& id);

/// Renames `from` to `to`. A file or directory at `to` has no row, so it was left by a crash, and is moved to
/// trash.
void move_into_place(StoreWriter& store, const std::string& from, const std::string& to);
/// Renames `path` to a name in trash/, then removes it. A missing path is not an error.
void throw_away(StoreWriter& store, const std::string& path);
/// The first step of throw_away: `to_trash` is the new name, relative to the root, in trash/. False: `path`
/// does not exist.
bool move_to_trash(StoreWriter& store, const std::string& path, const std::string& to_trash);

/// For error handling: moves `path` into `tmp`, the directory of a lease, and removes it there, at the latest
/// together with the lease. Never throws.
void take_out_of_sight(StoreWriter& store, const std::string& path, const std::string& tmp) noexcept;

void record_wheel(StoreWriter& store, const WheelHash& wheel, const TreeId& id);
/// Writes the rows of blobs, tree and wheel, and the reverse rows, in volatile transactions of bounded size;
/// the tree's row comes last, so that it never names a blob without a row.
void record_tree(StoreWriter& store, const TreeId& id, const TreeInfo& info,
                 const std::vector<StoredFile>& files);

/// Undoes a failed ingest: erases the rows that an unfinished record_tree has written. Under lock_tree.
void forget_unfinished_tree(StoreWriter& store, const TreeId& id, const std::vector<StoredFile>& files);
/// Unlinks those of `blobs` that have no row. An ingest that has linked such an object, but not yet written
/// its row, restores the object in record_tree.
void remove_unnamed_objects(StoreWriter& store, std::vector<BlobId> blobs);

}  // namespace envstore
