#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/platform/clock.h"
#include "store/platform/digest.h"
#include "store/platform/files.h"
#include "store/platform/store_paths.h"

namespace envstore {

// The index's rows as values. Their encoding (rows.cpp) is versioned, length-checked and described in
// docs/FORMAT.md.

/// The ledger of one blob: what its inode looked like when it was written or last found intact.
struct BlobRow {
  std::uint64_t size = 0;
  Fingerprint fingerprint;
  std::uint64_t inode = 0;
  std::int64_t mtime_ns = 0;
  std::uint32_t mode = 0;
  std::int64_t verified_at_ns = 0;  ///< when its content was last hashed
  bool operator==(const BlobRow&) const = default;
};

/// What the index stores about one distribution. Also stored as trees/<id>/tree.json.
struct TreeInfo {
  std::string name;     ///< normalised
  std::string version;  ///< canonical
  WheelHash wheel;      ///< SHA-256 of the wheel's bytes
  std::string wheel_filename;
  std::string origin;                  ///< where the wheel came from, without credentials; empty: unknown
  std::string forest_reason;           ///< not empty: this tree goes into every farm as a forest, and why
  bool has_pth = false;                ///< has a *.pth file at the top of site
  std::vector<std::string> top_level;  ///< names in site, sorted
  std::uint64_t files = 0, bytes = 0;
  std::int64_t made_at_ns = 0;
  bool operator==(const TreeInfo&) const = default;
};
using TreeRow = TreeInfo;

struct WheelRow {
  TreeId tree;
  bool operator==(const WheelRow&) const = default;
};

struct SnapshotRow {
  std::string record;  ///< SnapshotRecord::canonical()
  std::int64_t made_at_ns = 0;
  std::vector<Layout> layouts;  ///< those laid out so far
  bool operator==(const SnapshotRow&) const = default;
};

/// A request's answer. The key is the fingerprint of `canonical`; the text is compared as well, so a
/// collision of fingerprints is a miss.
struct RequestRow {
  std::string canonical;
  SnapshotId snapshot;
  std::string label;  ///< for people: the script's path or the requirements
  std::int64_t made_at_ns = 0;
  bool operator==(const RequestRow&) const = default;
};

/// A path whose state a run cache entry depends on; `stamp` nullopt: it must not exist.
struct WatchedPath {
  std::string path;
  std::optional<FileStamp> stamp;  ///< of the link's target; links and ctime are not compared for directories
  bool operator==(const WatchedPath&) const = default;
};

/// A run cache entry: maps the inputs of a run to what must be started. The warm path reads this row only.
/// `key_text` is compared as well.
struct CachedRunRow {
  std::string key_text;  ///< a hex digest of the inputs: they may contain passwords
  std::vector<WatchedPath> watched;
  std::vector<SnapshotId> snapshots;  ///< the run leases them; each must be live
  std::string plan;                   ///< opaque here: python/launch/launch.h
  bool operator==(const CachedRunRow&) const = default;
};

struct InterpreterRow {
  FileStamp stamp;
  std::string facts;  ///< opaque here: python/interpreter/interpreter.h
  bool operator==(const InterpreterRow&) const = default;
};

/// A fetched document: a package index page, a core metadata file. Key: the URL without credentials, or
/// "metadata-sha256:<hex>".
struct DocumentRow {
  std::string etag;
  std::int64_t fetched_at_ns = 0;
  std::int64_t fresh_until_ns = 0;
  std::string body;  ///< opaque, may be zstd
  bool operator==(const DocumentRow&) const = default;
};

// do not change the values. pip: a run's own pip; compile: compilation of modules, in the background or not
enum class LeaseKind : std::uint8_t { run = 0, ingest = 1, verify = 2, compile = 3, pip = 4 };

struct LeaseRow {
  LeaseKind kind = LeaseKind::run;
  std::int64_t pid = 0;  ///< of the supervisor, in its own namespace: for people
  std::int64_t made_at_ns = 0;
  std::vector<SnapshotId> snapshots;
  std::string what;  ///< for people: the command
  bool operator==(const LeaseRow&) const = default;
};

enum class RootKind : std::uint8_t { pin = 0, venv = 1, project = 2 };  // do not change the values

struct RootRow {
  RootKind kind = RootKind::pin;
  std::string path;  ///< the .venv or project; a pin's name
  SnapshotId snapshot;
  std::int64_t made_at_ns = 0;
  bool operator==(const RootRow&) const = default;
};

/// A snapshot on its way out. `condemned` is stored in the volatile environment,
/// `deleting` in the durable one.
enum class Fate : std::uint8_t { condemned = 0, deleting = 1 };  // do not change the values
struct FateRow {
  Fate fate = Fate::condemned;
  std::uint64_t epoch = 0;
  std::int64_t since_ns = 0;
  bool operator==(const FateRow&) const = default;
};

}  // namespace envstore
