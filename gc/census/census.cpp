#include "gc/census/census.h"

#include <sys/statvfs.h>
#include <algorithm>
#include <cerrno>
#include <limits>
#include <set>

#include "gc/census/census_builder.h"
#include "gc/census/clock_trust.h"
#include "gc/census/in_use.h"
#include "gc/census/live_leases.h"
#include "gc/census/overhead_bytes.h"
#include "store/leases/lease.h"
#include "store/leases/lease_file.h"
#include "store/platform/error.h"
#include "store/platform/folders.h"
#include "store/platform/format.h"
#include "store/platform/store_paths.h"
#include "store/snapshots/snapshot.h"

namespace envstore {
namespace {

/// Decides how times in the future count, when all rows have been read.
void note_times(const StoreReader& store, Census& census, bool has_ahead_besides) {
  const auto is_ahead_now = [&](std::int64_t time_ns) { return is_ahead(time_ns, census.now_ns); };
  std::uint64_t ahead = 0;
  for (const CountedSnapshot& snapshot : census.snapshots)
    if (is_ahead_now(snapshot.made_at_ns) || is_ahead_now(snapshot.used_ns())) ++ahead;
  for (const CountedTree& tree : census.trees)
    if (is_ahead_now(tree.made_at_ns)) ++ahead;
  if (ahead == 0 && !has_ahead_besides) return;
  if (is_clock_trusted(store))
    census.times_ahead = ahead;
  else
    census.clock_went_back = true;
}

void note_disk(const StoreReader& store, Census& census) {
  struct statvfs facts {};
  if (fstatvfs(store.root(), &facts) != 0) captured_errno().fail("look at the disk of", store.path());
  census.filesystem_bytes = std::uint64_t{facts.f_blocks} * facts.f_frsize;
  census.free_bytes = std::uint64_t{facts.f_bavail} * facts.f_frsize;
}

/// A snapshot's row. Its trees are known by id until all trees are read.
struct SnapshotWithTrees {
  CountedSnapshot counted;
  std::vector<TreeId> trees;
};

CountedTree counted(const TreeId& id, const TreeRow& row) {
  return {.id = id,
          .name = row.name,
          .version = row.version,
          .made_at_ns = row.made_at_ns,
          .files = row.files,
          .top_level_names = row.top_level.size()};
}

std::vector<CountedTree> read_trees(Index::Read& rows) {
  std::vector<CountedTree> trees;
  rows.each_tree([&](const TreeId& id, const TreeRow& row) {
    trees.push_back(counted(id, row));
    return true;
  });
  return trees;
}

std::vector<SnapshotWithTrees> read_snapshots(Index::Read& rows) {
  std::vector<SnapshotWithTrees> snapshots;
  rows.each_snapshot([&](const SnapshotId& id, const SnapshotRow& row) {
    SnapshotWithTrees& snapshot = snapshots.emplace_back();
    snapshot.counted.id = id;
    snapshot.counted.made_at_ns = row.made_at_ns;
    snapshot.counted.last_use_ns = rows.last_use_ns(id);
    snapshot.counted.fate = rows.fate(id);
    snapshot.counted.layouts = row.layouts;
    snapshot.trees = trees_of_record(row.record);
    return true;
  });
  return snapshots;
}

bool by_id(const CountedTree& tree, const TreeId& id) {
  return tree.id < id;
}

/// Adds trees that a snapshot names and that were not read: they are newer, or their rows are lost.
void add_named_trees(Index::Read& rows, const std::vector<SnapshotWithTrees>& snapshots,
                     std::vector<CountedTree>& trees) {
  const std::size_t with_row = trees.size();
  for (const SnapshotWithTrees& snapshot : snapshots)
    for (const TreeId& id : snapshot.trees) {
      const auto end = trees.begin() + static_cast<std::ptrdiff_t>(with_row);
      const auto found = std::lower_bound(trees.begin(), end, id, by_id);
      if (found != end && found->id == id) continue;
      const auto row = rows.tree(id);
      trees.push_back(row ? counted(id, *row) : CountedTree{.id = id, .name = {}, .version = {}});
    }
  std::sort(trees.begin(), trees.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  trees.erase(
      std::unique(trees.begin(), trees.end(), [](const auto& a, const auto& b) { return a.id == b.id; }),
      trees.end());
}

std::uint32_t position_of(const std::vector<CountedTree>& trees, const TreeId& id) {
  return static_cast<std::uint32_t>(std::lower_bound(trees.begin(), trees.end(), id, by_id) - trees.begin());
}

void take_over(std::vector<SnapshotWithTrees>& read, Census& census) {
  census.snapshots.reserve(read.size());
  for (SnapshotWithTrees& snapshot : read) {
    for (const TreeId& id : snapshot.trees) snapshot.counted.trees.push_back(position_of(census.trees, id));
    auto& positions = snapshot.counted.trees;
    std::sort(positions.begin(), positions.end());
    positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
    census.snapshots.push_back(std::move(snapshot.counted));
  }
}

CountedSnapshot* find(Census& census, const SnapshotId& id) {
  const auto found = std::lower_bound(
      census.snapshots.begin(), census.snapshots.end(), id,
      [](const CountedSnapshot& snapshot, const SnapshotId& wanted) { return snapshot.id < wanted; });
  return found != census.snapshots.end() && found->id == id ? &*found : nullptr;
}

void read_blobs(Index::Read& rows, Census& census) {
  GroupBuilder groups(census.trees);
  rows.each_blob_use([&](const BlobId&, const BlobRow& row, std::span<const TreeId> trees) {
    groups.add(row.size, trees);
    return true;
  });
  census.groups = groups.take();
}

void read_labels(Index::Read& rows, Census& census) {
  rows.each_request([&](const Fingerprint&, const RequestRow& row) {
    if (CountedSnapshot* snapshot = find(census, row.snapshot); snapshot != nullptr && !row.label.empty())
      snapshot->labels.push_back(row.label);
    return true;
  });
  for (CountedSnapshot& snapshot : census.snapshots) {
    auto& labels = snapshot.labels;
    std::sort(labels.begin(), labels.end());
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  }
}

/// True if a root's time is in the future.
bool read_roots(Index::Read& rows, Census& census) {
  bool has_ahead = false;
  rows.each_root([&](const std::string& name, const RootRow& row) {
    if (CountedSnapshot* snapshot = find(census, row.snapshot)) snapshot->held_by.push_back(name);
    has_ahead = has_ahead || is_ahead(row.made_at_ns, census.now_ns);
    return true;
  });
  return has_ahead;
}

struct NamedLease {
  std::string name;
  LeaseRow row;
};

std::vector<NamedLease> read_leases(Index::Read& rows) {
  std::vector<NamedLease> leases;
  rows.each_lease([&](const std::string& name, const LeaseRow& row) {
    leases.push_back({name, row});
    return true;
  });
  return leases;
}

constexpr std::int64_t kEarliest = std::numeric_limits<std::int64_t>::min();

void note_ingest(Census& census, std::int64_t began_ns) {
  census.oldest_ingest_ns = std::min(census.oldest_ingest_ns.value_or(began_ns), began_ns);
}

void note_lease(const StoreReader& store, const LeaseRow& lease, Census& census) {
  if (lease.kind == LeaseKind::ingest) note_ingest(census, ingest_began_ns(lease, census.now_ns));
  const std::string holder = describe(lease);
  bool is_stray = false;
  for (const SnapshotId& id : lease.snapshots)
    if (CountedSnapshot* snapshot = find(census, id))
      snapshot->leased_by.push_back(holder);
    else  // made since the snapshots were read, or its row is lost
      is_stray = is_stray || !store.index().read().snapshot(id);
  // An ingest names a snapshot before it records it.
  if (!is_stray || lease.kind == LeaseKind::ingest) return;
  census.stray_leases.push_back(holder);
  note_ingest(census, kEarliest);
}

/// For people: the process that holds the lease file, if it is visible from here.
std::string holder_of(const StoreReader& store, const std::string& name) {
  std::vector<std::string> paths{store.path() + "/" + store_paths::lease(name)};
  if (const auto real = real_path(paths.front()); real && *real != paths.front()) paths.push_back(*real);
  const std::vector<ProcessUse> uses = processes_using(paths, {name});
  if (uses.empty()) return format_text("lease {}, of a process that is not visible from here", name);
  return format_text("lease {}, held by process {}: {}", name, uses.front().pid, uses.front().command);
}

/// Lease locks are checked outside of the index's lock. A locked file counts with or without a row. Files are
/// read after the rows, so that a lease that began in between is found at least by its file.
void note_live_leases(const StoreReader& store, const std::vector<NamedLease>& leases, Census& census) {
  std::set<std::string> known;
  for (const NamedLease& lease : leases) {
    known.insert(lease.name);
    if (is_lease_live(store, lease.name)) note_lease(store, lease.row, census);
  }
  for (const HeldLease& lease : held_leases(store)) {
    if (known.contains(lease.name)) continue;
    if (lease.row) {
      note_lease(store, *lease.row, census);
      continue;
    }
    census.unknown_leases.push_back(holder_of(store, lease.name));
    note_ingest(census, kEarliest);
  }
}

/// Reads ledgers, so it runs outside of the index's lock.
void note_other_bytes(const StoreReader& store, Census& census) {
  for (CountedTree& tree : census.trees)
    tree.overhead_bytes = tree_folder_bytes(tree.files) + bytecode_bytes(store, store_paths::slots(tree.id));
  for (CountedSnapshot& snapshot : census.snapshots) {
    std::uint64_t files = 0, names = 0;
    for (const std::uint32_t position : snapshot.trees) {
      files += census.trees[position].files;
      names += census.trees[position].top_level_names;
    }
    snapshot.overhead_bytes = bytecode_bytes(store, store_paths::slots(snapshot.id));
    for (const Layout layout : snapshot.layouts)
      snapshot.overhead_bytes += layout_folder_bytes(layout, files, names);
  }
  census.index_bytes = index_bytes(store);
}

/// Throws if there are trees on disk but no row at all: the index was lost, and all trees would look like
/// garbage.
void require_rows(const StoreReader& store, const Census& census) {
  if (!census.trees.empty() || !census.snapshots.empty() || !census.groups.empty() || census.oldest_ingest_ns)
    return;
  if (list_folder(store.root(), store_paths::kTrees).empty() || store.index().read().document(kSweptDocument))
    return;
  throw Error(ErrorKind::damaged,
              format_text("cannot count what '{}' holds: there are trees on disk, but no rows in the index",
                          store.path()),
              "`envstore verify --rebuild-index` creates the index again from what is on disk");
}

}  // namespace

std::uint64_t Census::total_bytes() const {
  std::uint64_t total = 0;
  for (const BlobGroup& group : groups) total += group.bytes;
  return total;
}

std::uint64_t Census::overhead_bytes() const {
  std::uint64_t total = index_bytes;
  for (const CountedTree& tree : trees) total += tree.overhead_bytes;
  for (const CountedSnapshot& snapshot : snapshots) total += snapshot.overhead_bytes;
  return total;
}

std::uint64_t Census::total_blobs() const {
  std::uint64_t total = 0;
  for (const BlobGroup& group : groups) total += group.blobs;
  return total;
}

Census take_census(const StoreReader& store) {
  Census census;
  census.now_ns = store.clock().now().time_since_epoch().count();
  note_disk(store, census);
  std::vector<NamedLease> leases;
  bool has_ahead = false;
  {
    Index::Read rows = store.index().read_in_slices();
    census.trees = read_trees(rows);
    std::vector<SnapshotWithTrees> snapshots = read_snapshots(rows);
    add_named_trees(rows, snapshots, census.trees);
    take_over(snapshots, census);
    read_blobs(rows, census);
    read_labels(rows, census);
    has_ahead = read_roots(rows, census);
    leases = read_leases(rows);
  }
  note_times(store, census, has_ahead);
  note_live_leases(store, leases, census);
  note_other_bytes(store, census);
  require_rows(store, census);
  return census;
}

}  // namespace envstore
