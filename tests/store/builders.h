#pragma once
#include <string_view>

#include "store/index/rows.h"
#include "store/platform/digest.h"

namespace envstore {

/// An id that is the SHA-256 of a word.
template <class AnId>
AnId an_id(std::string_view word) {
  AnId id;
  id.bytes = sha256(as_bytes(word));
  return id;
}
inline BlobId a_blob(std::string_view word) {
  return an_id<BlobId>(word);
}
inline TreeId a_tree(std::string_view word) {
  return an_id<TreeId>(word);
}
inline SnapshotId a_snapshot(std::string_view word) {
  return an_id<SnapshotId>(word);
}
inline Fingerprint a_key(std::string_view word) {
  return fingerprint(as_bytes(word));
}

inline BlobRow a_blob_row(std::uint64_t size) {
  BlobRow row;
  row.size = size;
  return row;
}
inline SnapshotRow a_snapshot_row(std::string record = "{}") {
  SnapshotRow row;
  row.record = std::move(record);
  return row;
}

}  // namespace envstore
