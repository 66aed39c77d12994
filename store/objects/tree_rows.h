#pragma once
#include <string>
#include <vector>

#include "store/index/store.h"
#include "store/objects/tree.h"
#include "store/platform/lock.h"

namespace envstore {

/// A file of a tree that was just written or found, and what the ledger is to say of its blob.
///
/// The mode belongs to the inode, and so to the object: an object has the mode of the first file that had its
/// bytes, 0444 or 0555. A file of a tree that needs the other mode is a copy of its own beside the object,
/// without a ledger. BlobRow::mode is the object's whole st_mode.
struct StoredFile {
  TreeEntry entry;
  std::string object;  ///< relative to objects; empty: an empty file, which has no object
  BlobRow ledger;
  bool is_ledger_new = false;  ///< the ledger is not what the index had
};

/// One of 256 locks that make "look whether the tree is there, put it there, write its rows" one step. Taken
/// after locks/wheel-*, before the index's lock.
FileLock lock_tree(Store& store, const TreeId& id);
/// locks/objects: shared while rows of blobs are written, exclusive while the collector unlinks objects whose
/// rows it has dropped. Without it a blob's row could come back between the collector's last look and its
/// unlink. Taken after the locks of trees and snapshots and gc.lock, before the index's lock. No run on the
/// warm path takes it.
FileLock lock_objects(Store& store, LockMode mode);
/// It has a row and lies in trees/. Under lock_tree.
bool has_tree(Store& store, const TreeId& id);

/// Renames `from` to `to`; what stands there without a row is an orphan of a crash and goes to trash.
void move_into_place(Store& store, const std::string& from, const std::string& to);
/// Renames to trash/, then unlinks. Absent is fine.
void throw_away(Store& store, const std::string& path);
/// The first half of it: `to_trash` is the new name, relative to the root, in trash/. False: it is not there.
bool move_to_trash(Store& store, const std::string& path, const std::string& to_trash);

/// For the way out of a failure: out of sight into `tmp`, the directory of a lease, with which it goes at the
/// latest. Never throws.
void take_out_of_sight(Store& store, const std::string& path, const std::string& tmp) noexcept;

void record_wheel(Store& store, const WheelHash& wheel, const TreeId& id);
/// Rows of blobs, tree and wheel, and the reverse rows, in volatile transactions of bounded size; the tree's
/// row comes last, so that it never names a blob without a row.
void record_tree(Store& store, const TreeId& id, const TreeInfo& info, const std::vector<StoredFile>& files);

/// What a failed ingest takes back. Under lock_tree: the rows that an unfinished record_tree has written.
void forget_unfinished_tree(Store& store, const TreeId& id, const std::vector<StoredFile>& files);
/// Unlinks the objects that have no row. Whoever has linked one and has no row yet brings it back
/// (record_tree).
void remove_unnamed_objects(Store& store, std::vector<BlobId> blobs);

}  // namespace envstore
