#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "store/store.h"

namespace envstore {

struct CountedTree {
  TreeId id;
  std::string name, version;
};

/// Blobs that exactly the same trees have. Most trees have one group of their own.
struct BlobGroup {
  std::vector<std::uint32_t> trees;  ///< places in Census::trees, sorted; empty: nothing names these blobs
  std::uint64_t bytes = 0;           ///< on disk: each blob rounded up to 4 KiB
  std::uint64_t blobs = 0;
};

struct CountedSnapshot {
  SnapshotId id;
  std::vector<std::uint32_t> trees;  ///< places in Census::trees
  std::int64_t made_at_ns = 0;
  std::optional<std::int64_t> last_use_ns;
  std::optional<FateRow> fate;
  std::vector<std::string> labels;     ///< of its requests, each once, sorted: scripts, requirements
  std::vector<std::string> held_by;    ///< names of roots
  std::vector<std::string> leased_by;  ///< what the live leases that name it do: `PID COMMAND`
  std::int64_t used_ns() const { return last_use_ns.value_or(made_at_ns); }
};

/// Everything that a decision about garbage rests on, as values: rows in one read transaction, leases by
/// their locks, the disk's facts, the clock.
struct Census {
  std::vector<CountedTree> trees;
  std::vector<CountedSnapshot> snapshots;
  std::vector<BlobGroup> groups;
  std::uint64_t filesystem_bytes = 0, free_bytes = 0;
  std::int64_t now_ns = 0;
  bool clock_went_back = false;       ///< a row is from the future by more than a minute: ages mean nothing
  std::uint64_t total_bytes() const;  ///< of all groups
  std::uint64_t total_blobs() const;
};

/// Reads it. Memory grows with trees and groups, not with blobs. Throws when rows, leases or roots cannot be
/// listed: nothing may be decided then. Error{damaged} for a store with trees and without any row.
Census take_census(Store& store);

/// How many bytes would go if these snapshots (places in Census::snapshots), and the trees that only they
/// name, went.
std::uint64_t bytes_freed_by(const Census& census, const std::vector<std::uint32_t>& snapshots);

}  // namespace envstore
