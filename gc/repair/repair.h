#pragma once
#include "gc/verify/verify.h"
#include "store/objects/blob_source.h"

namespace envstore {

/// Repairs what `report` found, and records each outcome in it. The bad inode goes to quarantine/; the blob
/// comes from an intact copy in the store, else from `source`, as a new inode; every path that should be this
/// blob is linked to it by rename. No file is edited in place. Layouts, links, slots and rows are made again
/// from manifests and records. A tree that cannot be repaired is set aside: it and its snapshots lose their
/// rows, so that the next run provides them again. May be killed at any point, and run again. Throws
/// Error{permission} for a read-only store.
void repair(StoreWriter& store, const DerivedFiles& derived, VerifyReport& report, BlobSource& source);

}  // namespace envstore
