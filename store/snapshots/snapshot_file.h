#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/index/store.h"
#include "store/platform/lock.h"
#include "store/snapshots/snapshot.h"

namespace envstore {

/// snapshots/<id>.json: the snapshot's record and the requests that it answers, readable without the index:
/// {"record": SnapshotRecord::canonical(), "requests": [{"canonical", "label", "made_at_ns"}, ...]}, oldest
/// first, the newest hundred; and, if there are any, "roots": [{"name", "kind", "path", "made_at_ns"}, ...].
/// Used for adoption only; otherwise the index is authoritative.
struct SnapshotFile {
  using Roots = std::map<std::string, RootRow>;  ///< by name
  SnapshotRecord record;
  std::vector<RequestRow> requests;  ///< `snapshot` is this one
  Roots roots = {};                  ///< likewise
};

/// One of 256 locks. It makes these steps atomic: check whether the snapshot is laid out, lay it out, write
/// its rows. gc.lock is taken before it, with no other lock held; the locks of wheels and trees before it,
/// too, and the index's lock after it (docs/FORMAT.md).
FileLock lock_snapshot(StoreWriter& store, const SnapshotId& id);

/// nullopt: there is no such file. Throws Error{damaged} if the content is malformed or belongs to another
/// snapshot.
std::optional<SnapshotFile> read_snapshot_file(const StoreReader& store, const SnapshotId& id);

/// The same, but nullopt for a damaged file, too.
std::optional<SnapshotFile> read_snapshot_file_if_whole(const StoreReader& store, const SnapshotId& id);

/// Adds the roots of a file to the index that it does not have: the index was lost, or is older than the
/// file.
void record_roots(Index::Write& write, const SnapshotFile::Roots& roots);

/// Adds the request to the snapshot's file, unless it has it already; a damaged file is written again. Under
/// the snapshot's lock.
void note_request(StoreWriter& store, const SnapshotRecord& record, const std::optional<RequestRow>& request);

/// Stores the snapshot's roots from the index in its file, so that they survive the loss of the index. Takes
/// the snapshot's lock. Does nothing if the snapshot has no row. False: nothing was written.
bool note_roots(StoreWriter& store, const SnapshotId& id);

}  // namespace envstore
