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
  std::int64_t made_at_ns = 0;  ///< 0: a snapshot names the tree, but it has no row
  std::uint64_t files = 0, top_level_names = 0;
  /// Freed with the tree in addition to its blobs: its folders and bytecode.
  std::uint64_t overhead_bytes = 0;
};

/// Blobs that belong to exactly the same set of trees. Most trees have one group of their own.
struct BlobGroup {
  std::vector<std::uint32_t> trees;  ///< positions in Census::trees, sorted; empty: no tree has these blobs
  std::uint64_t bytes = 0;           ///< on disk: each blob rounded up to 4 KiB
  std::uint64_t blobs = 0;
};

struct CountedSnapshot {
  SnapshotId id;
  std::vector<std::uint32_t> trees;  ///< positions in Census::trees, sorted, each once
  std::int64_t made_at_ns = 0;
  std::optional<std::int64_t> last_use_ns;
  std::optional<FateRow> fate;
  std::vector<std::string> labels;   ///< of its requests, each once, sorted: scripts, requirements
  std::vector<std::string> held_by;  ///< names of the roots that keep it
  /// Descriptions of the live leases that name it: `process 7, running x.py`.
  std::vector<std::string> leased_by;
  std::vector<Layout> layouts = {};
  /// Freed with it in addition to its trees: its layouts and their bytecode.
  std::uint64_t overhead_bytes = 0;
  std::int64_t used_ns() const { return last_use_ns.value_or(made_at_ns); }
};

/// All input of a decision about garbage, as values: rows, leases with the state of their locks, filesystem
/// sizes, the time. Rows are read in slices (Index::read_in_slices), so that no run waits for the census, in
/// the order trees, snapshots with their uses, blobs, requests, roots, leases; rows written during the read
/// may be missing. A plan made from a census is therefore only a proposal: the transactions that carry it out
/// check the roots, leases and uses of each snapshot, and the snapshots of each tree, again.
struct Census {
  std::vector<CountedTree> trees;
  std::vector<CountedSnapshot> snapshots;
  std::vector<BlobGroup> groups;
  std::uint64_t filesystem_bytes = 0, free_bytes = 0;  ///< free: available without root privileges
  /// When the oldest live ingest began; nullopt: there is none. The smallest value if the time is not known:
  /// with `unknown_leases` or `stray_leases`, or for an ingest that began before the clock was set back.
  std::optional<std::int64_t> oldest_ingest_ns;
  /// Live leases whose snapshots are not known (the lease file is incomplete), described for people: while
  /// there is one, no snapshot, tree or blob may be deleted.
  std::vector<std::string> unknown_leases;
  /// Live leases of snapshots that have no row, described for people: trees and blobs that no snapshot names
  /// may belong to them.
  std::vector<std::string> stray_leases;
  std::int64_t now_ns = 0;
  /// A row's time is more than a minute ahead of the clock, and the clock cannot be right: ages are
  /// meaningless.
  bool clock_went_back = false;
  /// Snapshots and trees with times in the future while the clock can be right: they count as made and used
  /// now.
  std::uint64_t times_ahead = 0;
  std::uint64_t index_bytes = 0;         ///< of the index's files; documents are stored in them
  std::uint64_t total_bytes() const;     ///< of all groups
  std::uint64_t overhead_bytes() const;  ///< of all trees and snapshots, and the index: overhead_bytes.h
  std::uint64_t total_blobs() const;
};

/// The document that a collection writes when it erases the first tree's row: an index without rows that has
/// this document was swept, and one without it was lost.
inline constexpr const char* kSweptDocument = "gc:swept";

/// Takes the census. Memory use grows with trees and groups, not with blobs. Trees and snapshots are sorted
/// by id. Throws if rows, leases or roots cannot be listed: nothing may be decided then. Throws
/// Error{damaged} for a store that has trees on disk but no row at all, unless an ingest is running or the
/// index was swept.
Census take_census(const StoreReader& store);

/// Bytes that would be freed by deleting these snapshots (positions in Census::snapshots) and the trees that
/// only they name. A snapshot that is `deleting` counts like any other.
std::uint64_t bytes_freed_by(const Census& census, const std::vector<std::uint32_t>& snapshots);
/// The same for each snapshot alone, by position.
std::vector<std::uint64_t> own_bytes(const Census& census);

}  // namespace envstore
