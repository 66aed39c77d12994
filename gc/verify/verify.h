#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gc/census/in_use.h"
#include "store/index/store.h"
#include "store/snapshots/derived_files.h"

namespace envstore {

enum class VerifyDepth {
  quick,   ///< compares stamps with the rows; hashes only files that differ
  sample,  ///< quick, plus XXH3 of the blobs hashed longest ago, up to `sample_percent` of the bytes
  full,    ///< XXH3 of every blob, on all cores
  strict   ///< SHA-256 of every blob
};

enum class Damage {
  changed_content,  ///< the bytes differ from the blob's
  missing,          ///< a file, link, slot or row that should be there
  wrong_mode,
  wrong_kind,        ///< a link, directory or device where a file should be, or a link to another target
  extra,             ///< in a tree or layout, but not part of it
  foreign_bytecode,  ///< a file in a slot that envstore compiled and another program has written to since
  damaged_manifest,
  damaged_row,  ///< the index contradicts the disk
};
const char* name_of(Damage damage);  ///< in JSON: `changed-content`, ...

/// What one damaged thing affects.
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
  enum class Outcome { left, repaired, set_aside } outcome = Outcome::left;  ///< set_aside: no longer used
  std::string outcome_detail = {};  ///< where the bytes came from, or why it is not repaired
};

struct VerifyReport {
  std::vector<DamageFound> found;
  std::uint64_t files_looked_at = 0, files_hashed = 0, bytes_hashed = 0;
  std::uint64_t stamps_renewed = 0;  ///< stamps that differed although the bytes were right: recorded again
  /// Files in bytecode slots that neither envstore nor Python, from a source beside them, has compiled:
  /// root's programs write there. They are removed, and are not damage.
  std::uint64_t foreign_bytecode = 0;
  bool is_foreign_bytecode_dropped = true;  ///< false in a read-only store
  std::uint64_t spares_dropped = 0;         ///< changed spare scratches, which are removed
  bool is_clean() const;                    ///< nothing was found, or all is repaired
};

struct VerifyOptions {
  VerifyDepth depth = VerifyDepth::quick;
  double sample_percent = 5;
  unsigned threads = 0;  ///< 0: as many as processors
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
};

/// Checks every page of the index, blob, tree, layout, slot and row. Renews the recorded
/// stamps of files whose bytes are right, records roots in the snapshots' files, removes foreign bytecode and
/// changed spare scratches, and completes an interrupted rebuild of the index; changes nothing else, and
/// nothing at all in a read-only store. Holds a verify lease, but no lock for the whole time. Throws
/// Error{damaged} if the index cannot be read.
VerifyReport verify(StoreWriter& store, const DerivedFiles& derived, const VerifyOptions& options);

}  // namespace envstore
