#pragma once
#include <string>

#include "store/platform/digest.h"

namespace envstore {

enum class Layout : std::uint8_t { farm = 0, forest = 1 };  // do not change the values: records hold them

/// Every name that appears on disk, relative to the store's root (DESIGN section 4).
namespace layout {

inline constexpr int kFormat = 1;
inline constexpr const char* kFormatFile = "format";
inline constexpr const char* kCacheTag = "CACHEDIR.TAG";
inline constexpr const char* kIndex = "index";
inline constexpr const char* kVolatile = "volatile";
inline constexpr const char* kObjects = "objects";
inline constexpr const char* kTrees = "trees";
inline constexpr const char* kSnapshots = "snapshots";
inline constexpr const char* kBytecode = "bytecode";
inline constexpr const char* kScratch = "scratch";
inline constexpr const char* kLeases = "leases";
inline constexpr const char* kTmp = "tmp";
inline constexpr const char* kTrash = "trash";
inline constexpr const char* kQuarantine = "quarantine";
inline constexpr const char* kLogs = "logs";  ///< of scheduled jobs: NAME.log, NAME.log.1, NAME.json
inline constexpr const char* kLocks =
    "locks";  ///< index.lock, gc.lock, promote.lock, wheel-<sha256>, request-<hash>
inline constexpr const char* kDailyTurn = "locks/gc.daily";  ///< store/leases/daily_turn.h

// Inside trees/<id>/.
inline constexpr const char* kTreeSite = "site";
inline constexpr const char* kTreeBin = "bin";
inline constexpr const char* kTreeData = "data";
inline constexpr const char* kTreeInclude = "include";
inline constexpr const char* kTreeManifest = "manifest";  ///< zstd of TreeManifest::encode()
inline constexpr const char* kTreeInfo = "tree.json";     ///< TreeInfo

inline std::string object(const BlobId& id) {
  const std::string hex = id.hex();
  return std::string(kObjects) + "/" + hex.substr(0, 2) + "/" + hex.substr(2);
}
inline std::string tree(const TreeId& id) {
  return std::string(kTrees) + "/" + id.hex();
}
inline std::string tree_lock(const TreeId& id) {
  return std::string(kLocks) + "/tree-" + id.hex().substr(0, 2);
}
inline std::string snapshot(const SnapshotId& id, Layout layout) {
  return std::string(kSnapshots) + "/" + id.hex() + (layout == Layout::farm ? ".farm" : ".forest");
}
inline std::string snapshot_record(const SnapshotId& id) {
  return std::string(kSnapshots) + "/" + id.hex() + ".json";
}
inline std::string bytecode(const TreeId& id) {
  return std::string(kBytecode) + "/" + id.hex();
}
inline std::string bytecode(const SnapshotId& id) {
  return std::string(kBytecode) + "/" + id.hex();
}
/// The file's existence means that every module of the snapshot is compiled.
inline std::string bytecode_marker(const SnapshotId& id) {
  return bytecode(id) + "/complete";
}
/// What was compiled into an owner's slots: bytecode_ledger.h.
inline constexpr const char* kBytecodeLedger = "ledger";

inline std::string scratch(const std::string& lease) {
  return std::string(kScratch) + "/" + lease;
}
/// A scratch that its run left untouched, kept for the next run of the same plan.
inline std::string spare(const std::string& plan_key_hex) {
  return std::string(kScratch) + "/spare-" + plan_key_hex;
}
inline std::string lease(const std::string& lease) {
  return std::string(kLeases) + "/" + lease;
}
inline std::string tmp(const std::string& lease) {
  return std::string(kTmp) + "/" + lease;
}

}  // namespace layout
}  // namespace envstore
