#pragma once
#include "gc/verify/verify.h"
#include "store/objects/blob_source.h"

namespace envstore {

/// Repairs what `report` found, and notes each outcome in it: the bad inode goes to quarantine/, the blob
/// comes from an intact copy in the store, else from `source`; a new inode is written, and every path that
/// should be this blob is linked to it by rename. Nothing is edited in place. Layouts, links, slots and rows
/// are made again from manifests and records. A tree that cannot be repaired is set aside: it and its
/// snapshots lose their rows, so that the next run provides them anew. Safe to be killed at any point; run
/// again.
void repair(Store& store, VerifyReport& report, BlobSource& source);

}  // namespace envstore
