#pragma once
#include <string>
#include <vector>

#include "store/index/store.h"
#include "store/snapshots/snapshot.h"

namespace envstore {

/// One source file and the .pyc that belongs to it, absolute paths.
struct BytecodeJob {
  std::string source;     ///< as imported through the layout
  std::string slot;       ///< directory that gets the .pyc; mode 0555
  std::string file_name;  ///< `NAME.<cache tag>.pyc`
};

/// What of a snapshot has not been compiled for its cache tag. Cheap when all is done (a marker a tree).
std::vector<BytecodeJob> pending_bytecode(Store& store, const SnapshotRecord& record, Layout layout);
/// Notes that every tree of the snapshot is compiled for its cache tag.
void mark_bytecode_complete(Store& store, const SnapshotRecord& record);

/// True once mark_bytecode_complete was called for the snapshot. One stat: asked on every run.
bool is_bytecode_complete(Store& store, const SnapshotId& id);

}  // namespace envstore
