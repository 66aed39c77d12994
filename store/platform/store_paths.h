#pragma once
#include <string>
#include <string_view>

#include "store/platform/digest.h"

namespace envstore {

enum class Layout : std::uint8_t { farm = 0, forest = 1 };  // do not change the values: records hold them

/// Every name that has a meaning on disk; paths are relative to the store's root. Random names below tmp/ and
/// trash/ have none. do not change the values: every version that shares a store must agree.
namespace store_paths {

inline std::string join(std::string_view folder, std::string_view name) {
  return std::string(folder).append("/").append(name);
}

inline constexpr int kFormat = 1;
inline constexpr const char* kFormatFile = "format";
inline constexpr const char* kCacheTag = "CACHEDIR.TAG";
inline constexpr const char* kIndex = "index";
inline constexpr const char* kVolatile = "volatile";
inline constexpr const char* kObjects = "objects";
inline constexpr const char* kTrees = "trees";
inline constexpr const char* kSnapshots = "snapshots";
inline constexpr const char* kSlots = "bytecode";
inline constexpr const char* kScratch = "scratch";
inline constexpr const char* kLeases = "leases";
inline constexpr const char* kTmp = "tmp";
inline constexpr const char* kTrash = "trash";
inline constexpr const char* kQuarantine = "quarantine";
inline constexpr const char* kLogs = "logs";
inline constexpr const char* kLocks = "locks";

// In locks/. The code that takes a lock documents what it protects, and the order of locks.
inline constexpr const char* kIndexLock = "locks/index.lock";      ///< the turnstile of readers and writers
inline constexpr const char* kDurableLock = "locks/durable.lock";  ///< writers of the durable environment
inline constexpr const char* kPromoteLock = "locks/promote.lock";
inline constexpr const char* kGcLock = "locks/gc.lock";        ///< one collection or repair at a time
inline constexpr const char* kObjectsLock = "locks/objects";   ///< links of objects
inline constexpr const char* kSlotsLock = "locks/slots.lock";  ///< one process installs into slots
inline constexpr const char* kFinishLock = "locks/finish.lock";
inline constexpr const char* kDailyTurn = "locks/gc.daily";      ///< store/leases/daily_turn.h
inline constexpr const char* kReserve = "locks/gc.reserve";      ///< store/index/reserve.h
inline constexpr const char* kCollectionNote = "locks/gc.size";  ///< gc/census/collection_note.h
inline constexpr const char* kWheelLockPrefix = "wheel-";
inline constexpr const char* kRequestLockPrefix = "request-";

inline std::string wheel_lock(const WheelHash& hash) {
  return join(kLocks, kWheelLockPrefix + hash.hex());
}
inline std::string request_lock(const Fingerprint& request) {
  return join(kLocks, kRequestLockPrefix + request.hex());
}
/// Shared by the trees whose ids begin alike, so that lock files stay few.
inline std::string tree_lock(const TreeId& id) {
  return join(kLocks, "tree-" + id.hex().substr(0, 2));
}
inline std::string snapshot_lock(const SnapshotId& id) {
  return join(kLocks, "snapshot-" + id.hex().substr(0, 2));
}
inline std::string job_lock(const std::string& job) {
  return join(kLocks, "job-" + job + ".lock");
}

// In logs/, of scheduled jobs; old logs have a number appended.
inline std::string job_log(const std::string& job) {
  return join(kLogs, job + ".log");
}
inline constexpr const char* kBuildLogPrefix = "build-";
inline std::string build_log(const std::string& name, const std::string& version, const std::string& random) {
  return join(kLogs, kBuildLogPrefix + name + "-" + version + "-" + random + ".log");
}
inline std::string job_record(const std::string& job) {
  return join(kLogs, job + ".json");
}

// In index/ and volatile/<boot>/.
inline constexpr const char* kEnvironmentData = "data.mdb";  ///< LMDB's name

// Inside trees/<id>/.
inline constexpr const char* kTreeSite = "site";
inline constexpr const char* kTreeBin = "bin";
inline constexpr const char* kTreeData = "data";
inline constexpr const char* kTreeInclude = "include";
inline constexpr const char* kTreeManifest = "manifest";  ///< zstd of TreeManifest::encode()
inline constexpr const char* kTreeInfo = "tree.json";     ///< TreeInfo
/// The link from a directory with sources, in a tree or layout, to its slot. Interpreters dictate the name.
inline constexpr const char* kSlotLink = "__pycache__";

inline std::string object(const BlobId& id) {
  const std::string hex = id.hex();
  return join(kObjects, hex.substr(0, 2) + "/" + hex.substr(2));
}
inline std::string tree(const TreeId& id) {
  return join(kTrees, id.hex());
}
inline std::string snapshot(const SnapshotId& id, Layout layout) {
  return join(kSnapshots, id.hex() + (layout == Layout::farm ? ".farm" : ".forest"));
}
inline std::string snapshot_record(const SnapshotId& id) {
  return join(kSnapshots, id.hex() + ".json");
}

// bytecode/<id>/: the slots of a tree or snapshot, for files that are derived from sources.
inline constexpr const char* kSlotLedger = "ledger";        ///< store/objects/slot_ledger.h
inline constexpr const char* kNewSlotPrefix = ".new-";      ///< a directory that is about to replace a slot
inline constexpr const char* kPartSuffix = ".part";         ///< an unfinished file in a slot
inline constexpr const char* kCompletePrefix = "complete";  ///< of the markers below

inline std::string slots(const TreeId& id) {
  return join(kSlots, id.hex());
}
inline std::string slots(const SnapshotId& id) {
  return join(kSlots, id.hex());
}
/// The file's existence means that everything is derived from the sources of the snapshot.
inline std::string complete_marker(const SnapshotId& id) {
  return join(slots(id), kCompletePrefix);
}
/// The same of a tree, for interpreters with this cache tag.
inline std::string complete_marker(const TreeId& id, const std::string& cache_tag) {
  return join(slots(id), std::string(kCompletePrefix) + "-" + cache_tag);
}

inline constexpr const char* kSparePrefix = "spare-";

inline std::string scratch(const std::string& lease) {
  return join(kScratch, lease);
}
/// A scratch that its run left untouched, kept for the next run of the same plan.
inline std::string spare(const std::string& plan_key_hex) {
  return join(kScratch, kSparePrefix + plan_key_hex);
}
inline std::string lease(const std::string& lease) {
  return join(kLeases, lease);
}
inline std::string tmp(const std::string& lease) {
  return join(kTmp, lease);
}

}  // namespace store_paths
}  // namespace envstore
