#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/index/store.h"
#include "store/platform/lock.h"
#include "store/snapshots/snapshot.h"

namespace envstore {

/// snapshots/<id>.json: what the snapshot is and what it answers, without the index:
/// {"record": SnapshotRecord::canonical(), "requests": [{"canonical", "label", "made_at_ns"}, ...]}, oldest
/// first, the newest hundred; and, where it has any, "roots": [{"name", "kind", "path", "made_at_ns"}, ...].
/// Only for adoption: the index is what counts.
struct SnapshotFile {
  using Roots = std::map<std::string, RootRow>;  ///< by name
  SnapshotRecord record;
  std::vector<RequestRow> requests;  ///< `snapshot` is this one
  Roots roots = {};                  ///< likewise
};

/// One of 256 locks that make "look whether it is laid out, lay it out, write its rows" one step. Taken after
/// the locks of wheels and trees, before gc.lock and the index's lock.
FileLock lock_snapshot(Store& store, const SnapshotId& id);

/// nullopt: there is none. Throws Error{damaged} for one that is not `id`'s.
std::optional<SnapshotFile> read_snapshot_file(Store& store, const SnapshotId& id);

/// The same; nullopt also for a damaged one.
std::optional<SnapshotFile> read_snapshot_file_if_whole(Store& store, const SnapshotId& id);

/// Gives the index the roots of a file that it does not know: it is older than the file, or was lost.
void record_roots(Index::Write& write, const SnapshotFile::Roots& roots);

/// Writes it unless it says this already; a damaged one is written anew. Under the snapshot's lock.
void note_request(Store& store, const SnapshotRecord& record, const std::optional<RequestRow>& request);

/// Makes the file tell the roots that the index has of the snapshot, so that they outlive the index. Takes
/// the snapshot's lock. Nothing where it has no row. False: the file says it already.
bool note_roots(Store& store, const SnapshotId& id);

}  // namespace envstore
