#pragma once
#include <string>
#include <vector>

#include "store/index/store.h"
#include "store/snapshots/snapshot.h"

namespace envstore {

/// One source file and the .pyc that belongs to it, absolute paths.
struct BytecodeJob {
  std::string source;     ///< path in the layout, as it is imported
  std::string slot;       ///< directory for the .pyc; mode 0555
  std::string file_name;  ///< `NAME.<cache tag>.pyc`
};

/// The modules of a snapshot that are not compiled for its cache tag yet. Cheap if everything is compiled
/// (markers).
std::vector<BytecodeJob> pending_bytecode(Store& store, const SnapshotRecord& record, Layout layout);
/// Notes that every tree of the snapshot is compiled for its cache tag.
void mark_bytecode_complete(Store& store, const SnapshotRecord& record);

/// True once mark_bytecode_complete was called for the snapshot. Costs one stat; every run calls this.
bool is_bytecode_complete(Store& store, const SnapshotId& id);

}  // namespace envstore
