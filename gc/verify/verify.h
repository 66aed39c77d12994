#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gc/census/in_use.h"
#include "store/index/store.h"

namespace envstore {

enum class VerifyDepth {
  quick,   ///< stamps against the ledger; only what differs is hashed
  sample,  ///< quick, and XXH3 of those hashed longest ago, up to `sample_percent` of the bytes
  full,    ///< XXH3 of every blob, on all cores
  strict   ///< SHA-256 of every blob
};

enum class Damage {
  changed_content,  ///< bytes are not the blob's
  missing,          ///< a file, link, slot or row that should be there
  wrong_mode,
  wrong_kind,        ///< a link, directory or device where a file should be, or a link pointed elsewhere
  extra,             ///< in a tree or layout, and not of it
  foreign_bytecode,  ///< a .pyc that envstore has compiled, and somebody has written to since
  damaged_manifest,
  damaged_row,  ///< the index says otherwise than the disk
};
const char* name_of(Damage damage);  ///< as it stands in JSON: `changed-content`, ...

/// One damaged thing and everybody who sees it.
struct Affected {
  std::vector<std::string> packages;  ///< `numpy 2.1.0`
  std::vector<SnapshotId> snapshots;
  std::vector<std::string> requests;  ///< labels
  std::vector<std::string> roots;     ///< names; `.venv` paths among them
  std::vector<ProcessUse> processes;
};

struct DamageFound {
  Damage damage = Damage::changed_content;
  std::string path = {};  ///< relative to the store's root
  std::string detail = {};
  std::optional<BlobId> blob = {};
  std::optional<TreeId> tree = {};
  std::optional<SnapshotId> snapshot = {};
  Affected affected = {};
  enum class Outcome { left, repaired, set_aside } outcome = Outcome::left;  ///< set_aside: not used any more
  std::string outcome_detail = {};  ///< where the bytes came from, why not
};

struct VerifyReport {
  std::vector<DamageFound> found;
  std::uint64_t files_looked_at = 0, files_hashed = 0, bytes_hashed = 0;
  std::uint64_t stamps_renewed = 0;  ///< differed, and the bytes were right: recorded anew
  /// In bytecode slots and not of envstore, nor of Python beside its source: root's programs write there.
  /// Dropped, and no damage.
  std::uint64_t foreign_bytecode = 0;
  bool is_foreign_bytecode_dropped = true;  ///< not in a read-only store
  std::uint64_t spares_dropped = 0;         ///< scratches kept for reuse that were changed
  bool is_clean() const;                    ///< nothing found, or all repaired
};

struct VerifyOptions {
  VerifyDepth depth = VerifyDepth::quick;
  double sample_percent = 5;
  unsigned threads = 0;  ///< 0: as many as processors
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
};

/// Looks at every page of the index, blob, tree, layout, slot and row (DESIGN section 9). Changes nothing but
/// the ledger of stamps that were cleared, and what is there to be lost: bytecode of others, scratches kept
/// for reuse. Ends a rebuild of the index that did not come to its end. Holds a verify lease and no lock over
/// the whole. Throws Error{damaged} when the index cannot be read.
VerifyReport verify(Store& store, const VerifyOptions& options);

}  // namespace envstore
