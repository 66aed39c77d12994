#include "gc/census.h"

#include <sys/statvfs.h>
#include <algorithm>
#include <cerrno>
#include <unordered_map>

#include "gc/ages.h"
#include "gc/census_builder.h"
#include "gc/other_bytes.h"
#include "store/lease.h"
#include "store/platform/error.h"
#include "store/platform/folders.h"
#include "store/platform/format.h"
#include "store/snapshot.h"

namespace envstore {
namespace {

constexpr std::chrono::minutes kTolerance{1};  // clocks that are set by the network step back a little

void note_time(Census& census, std::int64_t when_ns) {
  if (between(census.now_ns, when_ns) > kTolerance) census.clock_went_back = true;
}

void note_disk(Store& store, Census& census) {
  struct statvfs facts {};
  if (fstatvfs(store.root(), &facts) != 0) throw_errno(errno, "look at the disk of", store.path());
  census.filesystem_bytes = std::uint64_t{facts.f_blocks} * facts.f_frsize;
  census.free_bytes = std::uint64_t{facts.f_bavail} * facts.f_frsize;
}

/// What the rows say of snapshots; trees are known by their ids until all are.
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

/// A tree that a snapshot names and that has no row: it came after the trees were read, or its row is lost.
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

std::uint32_t place_of(const std::vector<CountedTree>& trees, const TreeId& id) {
  return static_cast<std::uint32_t>(std::lower_bound(trees.begin(), trees.end(), id, by_id) - trees.begin());
}

void take_over(std::vector<SnapshotWithTrees>& read, Census& census) {
  census.snapshots.reserve(read.size());
  for (SnapshotWithTrees& snapshot : read) {
    for (const TreeId& id : snapshot.trees) snapshot.counted.trees.push_back(place_of(census.trees, id));
    auto& places = snapshot.counted.trees;
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
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

void read_roots(Index::Read& rows, Census& census) {
  rows.each_root([&](const std::string& name, const RootRow& row) {
    if (CountedSnapshot* snapshot = find(census, row.snapshot)) snapshot->held_by.push_back(name);
    note_time(census, row.made_at_ns);
    return true;
  });
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

/// Locks are looked at outside of the index's.
void note_live_leases(Store& store, const std::vector<NamedLease>& leases, Census& census) {
  for (const NamedLease& lease : leases) {
    if (!is_lease_live(store, lease.name)) continue;
    note_time(census, lease.row.made_at_ns);
    if (lease.row.kind == LeaseKind::ingest)
      census.oldest_ingest_ns =
          std::min(census.oldest_ingest_ns.value_or(lease.row.made_at_ns), lease.row.made_at_ns);
    const std::string holder = format_text("{} {}", lease.row.pid, lease.row.what);
    for (const SnapshotId& id : lease.row.snapshots)
      if (CountedSnapshot* snapshot = find(census, id)) snapshot->leased_by.push_back(holder);
  }
}

/// Outside of the index's lock: ledgers are read.
void note_other_bytes(Store& store, Census& census) {
  for (CountedTree& tree : census.trees)
    tree.other_bytes = tree_folder_bytes(tree.files) + bytecode_bytes(store, layout::bytecode(tree.id));
  for (CountedSnapshot& snapshot : census.snapshots) {
    std::uint64_t files = 0, names = 0;
    for (const std::uint32_t place : snapshot.trees) {
      files += census.trees[place].files;
      names += census.trees[place].top_level_names;
    }
    snapshot.other_bytes = bytecode_bytes(store, layout::bytecode(snapshot.id));
    for (const Layout layout : snapshot.layouts)
      snapshot.other_bytes += layout_folder_bytes(layout, files, names);
  }
  census.index_bytes = index_bytes(store);
}

/// Trees on disk and no row at all: the index was lost. All of them would look like garbage.
void require_rows(Store& store, const Census& census) {
  if (!census.trees.empty() || !census.snapshots.empty() || !census.groups.empty() || census.oldest_ingest_ns)
    return;
  if (list_folder(store.root(), layout::kTrees).empty() || store.index().read().document(kSweptDocument))
    return;
  throw Error(
      ErrorKind::damaged,
      format_text("cannot count what '{}' holds: trees lie there, and the index has no row", store.path()),
      "`envstore verify --rebuild-index` makes the index again from what lies on disk");
}

}  // namespace

std::uint64_t Census::total_bytes() const {
  std::uint64_t total = 0;
  for (const BlobGroup& group : groups) total += group.bytes;
  return total;
}

std::uint64_t Census::other_bytes() const {
  std::uint64_t total = index_bytes;
  for (const CountedTree& tree : trees) total += tree.other_bytes;
  for (const CountedSnapshot& snapshot : snapshots) total += snapshot.other_bytes;
  return total;
}

std::uint64_t Census::total_blobs() const {
  std::uint64_t total = 0;
  for (const BlobGroup& group : groups) total += group.blobs;
  return total;
}

Census take_census(Store& store) {
  Census census;
  census.now_ns = store.clock().now().time_since_epoch().count();
  note_disk(store, census);
  std::vector<NamedLease> leases;
  {
    Index::Read rows = store.index().read_in_slices();
    census.trees = read_trees(rows);
    std::vector<SnapshotWithTrees> snapshots = read_snapshots(rows);
    add_named_trees(rows, snapshots, census.trees);
    take_over(snapshots, census);
    read_blobs(rows, census);
    read_labels(rows, census);
    read_roots(rows, census);
    leases = read_leases(rows);
  }
  for (const CountedSnapshot& snapshot : census.snapshots) {
    note_time(census, snapshot.made_at_ns);
    note_time(census, snapshot.used_ns());
  }
  note_live_leases(store, leases, census);
  note_other_bytes(store, census);
  require_rows(store, census);
  return census;
}

}  // namespace envstore
