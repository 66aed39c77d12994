#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/index/store.h"

namespace envstore {

struct CountedTree {
  TreeId id;
  std::string name, version;
  std::int64_t made_at_ns = 0;  ///< 0: a snapshot names it, and it has no row
  std::uint64_t files = 0, top_level_names = 0;
  std::uint64_t overhead_bytes = 0;  ///< goes with it besides blobs: its folders and bytecode
};

/// Blobs that exactly the same trees have. Most trees have one group of their own.
struct BlobGroup {
  std::vector<std::uint32_t> trees;  ///< places in Census::trees, sorted; empty: nothing names these blobs
  std::uint64_t bytes = 0;           ///< on disk: each blob rounded up to 4 KiB
  std::uint64_t blobs = 0;
};

struct CountedSnapshot {
  SnapshotId id;
  std::vector<std::uint32_t> trees;  ///< places in Census::trees, sorted, each once
  std::int64_t made_at_ns = 0;
  std::optional<std::int64_t> last_use_ns;
  std::optional<FateRow> fate;
  std::vector<std::string> labels;     ///< of its requests, each once, sorted: scripts, requirements
  std::vector<std::string> held_by;    ///< names of roots
  std::vector<std::string> leased_by;  ///< what the live leases that name it do: `process 7, running x.py`
  std::vector<Layout> layouts = {};
  std::uint64_t overhead_bytes = 0;  ///< goes with it besides its trees: its layouts and their bytecode
  std::int64_t used_ns() const { return last_use_ns.value_or(made_at_ns); }
};

/// Everything that a decision about garbage rests on, as values: rows, leases by their locks, the disk's
/// facts, the clock. Rows are read in slices (Index::read_in_slices), so that no run waits for the count, and
/// in the order trees, snapshots with their uses, blobs, requests, roots, leases: what came meanwhile may be
/// missing. So a plan that is made from it is a proposal: whoever carries it out looks again, in the
/// transaction that does it, at roots, leases and uses of each snapshot, and at the snapshots of each tree.
struct Census {
  std::vector<CountedTree> trees;
  std::vector<CountedSnapshot> snapshots;
  std::vector<BlobGroup> groups;
  std::uint64_t filesystem_bytes = 0, free_bytes = 0;  ///< free: for whoever is not root
  /// When the oldest live ingest began. As early as can be, where that cannot be told: with `unknown_leases`,
  /// `stray_leases`, or an ingest from before the clock was set back.
  std::optional<std::int64_t> oldest_ingest_ns;
  /// Live leases that do not say what they use (their file is half written), for people: nothing may go.
  std::vector<std::string> unknown_leases;
  /// Live leases of snapshots that have no row, for people: what no snapshot names may be theirs.
  std::vector<std::string> stray_leases;
  std::int64_t now_ns = 0;
  /// A row is from the future by more than a minute, and the clock cannot be right: ages mean nothing.
  bool clock_went_back = false;
  /// Snapshots and trees from the future, where the clock may well be right: they count as made and used now.
  std::uint64_t times_ahead = 0;
  std::uint64_t index_bytes = 0;         ///< documents among them
  std::uint64_t total_bytes() const;     ///< of all groups
  std::uint64_t overhead_bytes() const;  ///< of all trees and snapshots, and the index: overhead_bytes.h
  std::uint64_t total_blobs() const;
};

/// The document that a collection writes when it takes the first tree's row: an index without rows that has
/// it was swept, and one that has not was lost.
inline constexpr const char* kSweptDocument = "gc:swept";

/// Reads it. Memory grows with trees and groups, not with blobs. Trees come sorted by id, snapshots too.
/// Throws when rows, leases or roots cannot be listed: nothing may be decided then. Error{damaged} for a
/// store with trees and without any row, unless an ingest is at work.
Census take_census(Store& store);

/// How many bytes would go if these snapshots (places in Census::snapshots), and the trees that only they
/// name, went. A snapshot that is `deleting` counts like any other.
std::uint64_t bytes_freed_by(const Census& census, const std::vector<std::uint32_t>& snapshots);
/// The same for each snapshot alone, by place.
std::vector<std::uint64_t> own_bytes(const Census& census);

}  // namespace envstore
