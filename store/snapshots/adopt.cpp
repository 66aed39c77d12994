#include "store/snapshots/adopt.h"

#include <dirent.h>
#include <algorithm>
#include <set>

#include "store/index/index_rebuild.h"
#include "store/leases/lease_file.h"
#include "store/objects/tree_info.h"
#include "store/objects/tree_rows.h"
#include "store/objects/tree_slots.h"
#include "store/platform/error.h"
#include "store/platform/folders.h"
#include "store/platform/format.h"
#include "store/platform/lock.h"
#include "store/platform/path_parts.h"
#include "store/snapshots/placement_build.h"
#include "store/snapshots/placement_plan.h"
#include "store/snapshots/snapshot_file.h"

namespace envstore {
namespace {

/// Throws Error{damaged}; rebuild_index reports the reason.
[[noreturn]] void refuse(const std::string& path, std::string_view reason) {
  throw Error(ErrorKind::damaged, format_text("cannot adopt '{}': {}", path, reason));
}

std::set<std::string> files_below(StoreWriter& store, const std::string& tree) {
  std::set<std::string> found;
  std::vector<std::string> pending{""};
  while (!pending.empty()) {
    const std::string directory = std::move(pending.back());
    pending.pop_back();
    for (const DirectoryEntry& entry : list_directory(store.root(), tree + "/" + directory)) {
      std::string path = directory + entry.name;
      if (entry.type == DT_DIR)
        pending.push_back(path + "/");
      else
        found.insert(std::move(path));
    }
  }
  return found;
}

/// Python would import a foreign file as well as any other.
void check_nothing_is_foreign(StoreWriter& store, const TreeId& id, const TreeManifest& manifest) {
  const std::string tree = store_paths::tree(id);
  std::set<std::string> found = files_below(store, tree);
  for (const char* own : {store_paths::kTreeManifest, store_paths::kTreeInfo}) found.erase(own);
  for (const TreeEntry& entry : manifest.entries()) found.erase(entry.path);
  std::size_t slot = 0;
  for (const std::string& directory : source_directories(manifest)) {
    const std::string link = directory + "/" + store_paths::kSlotLink;
    if (found.erase(link) == 0 ||
        read_link(store.root(), tree + "/" + link) != slot_link(directory, id, slot++))
      refuse(tree + "/" + link, "it does not lead to the tree's bytecode");
  }
  if (!found.empty()) refuse(tree + "/" + *found.begin(), "no manifest names it");
}

bool has_content(StoreWriter& store, const std::string& path, const TreeEntry& entry, Fingerprint& print) {
  const MappedFile file = MappedFile::open(store.root(), path);
  if (file.bytes().size() != entry.size || BlobId{sha256(file.bytes())} != entry.blob) return false;
  print = fingerprint(file.bytes());
  return true;
}

/// Ensures the object of a file whose content was just verified. The object is the same inode, or another
/// file with the same bytes; if it is missing or wrong, it is made from the file. Returns the object's stamp.
FileStamp provide_object(StoreWriter& store, const TreeEntry& entry, const std::string& file,
                         const FileStamp& stamp, const std::string& object) {
  const std::optional<FileStamp> there = stat_at(store.root(), object, Links::do_not_follow);
  if (there && there->inode == stamp.inode) return stamp;
  Fingerprint print;
  if (there && there->is_regular() && has_content(store, object, entry, print)) return *there;
  if (there) unlink_if_there(store.root(), object);
  with_folder(store.root(), object, [&] { return link_at(store.root(), file, store.root(), object); });
  return stamp;
}

StoredFile examine(StoreWriter& store, const TreeId& id, const TreeEntry& entry) {
  const std::string path = store_paths::tree(id) + "/" + entry.path;
  const std::optional<FileStamp> stamp = stat_at(store.root(), path, Links::do_not_follow);
  if (!stamp || !stamp->is_regular()) refuse(path, "it is missing");
  if ((stamp->mode & 0777) != (entry.executable == Executable::yes ? 0555U : 0444U))
    refuse(path, "its mode was changed");
  StoredFile file;
  file.entry = entry;
  Fingerprint print;
  if (!has_content(store, path, entry, print)) refuse(path, "its content is not what the manifest says");
  if (entry.size == 0) return file;
  const std::string object = store_paths::object(entry.blob);
  file.object = object.substr(object.find('/') + 1);
  const FileStamp at_object = provide_object(store, entry, path, *stamp, object);
  file.ledger = BlobRow{.size = entry.size,
                        .fingerprint = print,
                        .inode = at_object.inode,
                        .mtime_ns = at_object.mtime_ns,
                        .mode = at_object.mode,
                        .verified_at_ns = store.clock().now().time_since_epoch().count()};
  file.is_ledger_new = true;
  return file;
}

/// known: a tree with a row needs no check. in_doubt: an ingest may have written the rows of some of its
/// files to the old index, which is gone.
enum class Rows { known, in_doubt };

/// Throws Error for an incomplete tree.
void adopt_whole_tree(StoreWriter& store, const TreeId& id, Rows rows) {
  const std::string tree = store_paths::tree(id);
  const FileLock lock = lock_tree(store, id);
  if (rows == Rows::known && has_tree(store, id)) return;
  const TreeManifest manifest = TreeManifest::load(store, id);
  const TreeInfo info =
      decode_tree_info(read_file(store.root(), tree + "/" + store_paths::kTreeInfo), manifest);
  check_nothing_is_foreign(store, id, manifest);
  std::vector<StoredFile> files;
  files.reserve(manifest.entries().size());
  for (const TreeEntry& entry : manifest.entries()) files.push_back(examine(store, id, entry));
  make_slots(store, id, manifest);
  record_tree(store, id, info, files);
}

/// The layouts that match their plan exactly. Any other layout is made again when it is required.
std::vector<Layout> whole_layouts(StoreWriter& store, const SnapshotRecord& record) {
  std::vector<Layout> whole;
  const std::vector<LayoutTree> trees = layout_trees(store, record);
  for (const Layout layout : {Layout::farm, Layout::forest}) {
    const std::string place = store_paths::snapshot(record.id(), layout);
    if (!is_placed(store, record.id(), layout)) continue;
    const LayoutPlan plan = plan_layout(record, trees, layout);
    if (!differences(store, plan, trees, place).empty()) continue;
    make_layout_slots(store, plan);
    whole.push_back(layout);
  }
  return whole;
}

/// For each request, the newer answer wins. Returns how many of these requests the snapshot answers then.
std::size_t record_requests(Index::Write& write, const std::vector<RequestRow>& requests) {
  std::size_t taken = 0;
  for (const RequestRow& request : requests) {
    const Fingerprint key = fingerprint(as_bytes(request.canonical));
    const std::optional<RequestRow> known = write.request(key);
    if (known && known->made_at_ns >= request.made_at_ns) {
      if (known->snapshot == request.snapshot) ++taken;
      continue;
    }
    write.put_request(key, request);
    ++taken;
  }
  return taken;
}

bool are_all_there(Index::Read& rows, const SnapshotRecord& record) {
  return std::all_of(record.trees.begin(), record.trees.end(),
                     [&](const SnapshotTree& tree) { return rows.tree(tree.tree).has_value(); });
}

enum class Recorded { yes, tree_gone, known };

std::int64_t made_at_ns(const SnapshotFile& file, std::int64_t now_ns) {
  std::int64_t oldest = now_ns;
  for (const RequestRow& request : file.requests) oldest = std::min(oldest, request.made_at_ns);
  return oldest;
}

/// Under the snapshot's lock. A tree that no row refers to yet may have been collected since it was checked.
Recorded record_snapshot(StoreWriter& store, const SnapshotFile& file, std::size_t& requests) {
  const SnapshotId id = file.record.id();
  const std::vector<Layout> layouts = whole_layouts(store, file.record);
  const std::int64_t now = store.clock().now().time_since_epoch().count();
  Index::Write write = store.index().write();
  if (write.snapshot(id)) return Recorded::known;
  if (!are_all_there(write, file.record)) return Recorded::tree_gone;
  write.put(id, SnapshotRow{file.record.canonical(), made_at_ns(file, now), layouts});
  if (!write.last_use_ns(id)) write.put_last_use(id, now);
  for (const SnapshotTree& tree : file.record.trees) write.link_tree_to_snapshot(tree.tree, id);
  record_roots(write, file.roots);
  requests += record_requests(write, file.requests);
  write.commit();
  return Recorded::yes;
}

/// Throws Error for an incomplete snapshot. Returns how many requests it answers from now on.
std::size_t adopt_whole_snapshot(StoreWriter& store, const SnapshotId& id) {
  constexpr int kAttempts = 5;
  std::size_t requests = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::optional<SnapshotFile> known = read_snapshot_file(store, id);
    // Trees are locked before snapshots, so this reads the file without the snapshot's lock.
    if (known)
      for (const SnapshotTree& tree : known->record.trees) adopt_whole_tree(store, tree.tree, Rows::known);
    const FileLock lock = lock_snapshot(store, id);
    // Read again: under the lock, no other process is between writing the file and writing the row, or
    // removes both.
    const std::optional<SnapshotFile> file = read_snapshot_file(store, id);
    if (!file)
      throw Error(ErrorKind::not_found,
                  format_text("cannot adopt '{}': it is not there", store_paths::snapshot_record(id)));
    if (record_snapshot(store, *file, requests) != Recorded::tree_gone) return requests;
  }
  throw Error(ErrorKind::not_found, format_text("cannot adopt '{}': its trees are being removed",
                                                store_paths::snapshot_record(id)));
}

/// Runs `adopt` on every name in the folder that is an id followed by `suffix`.
template <class IdType, class Adopt>
void adopt_each(StoreWriter& store, const char* folder, std::string_view suffix, RebuildReport& report,
                Adopt adopt) {
  for (const DirectoryEntry& entry : list_folder(store.root(), folder)) {
    if (!entry.name.ends_with(suffix)) continue;
    const auto id = IdType::parse(std::string_view(entry.name).substr(0, entry.name.size() - suffix.size()));
    if (!id) continue;
    try {
      adopt(*id);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::no_space) throw;
      report.skipped.emplace_back(error.what());
    }
  }
}

/// Erases salvaged rows that refer to a snapshot or tree that was not adopted.
void erase_rows_without_files(StoreWriter& store, RebuildReport& report) {
  Index::Write rows = store.index().write();
  std::vector<Fingerprint> requests;
  std::vector<WheelHash> wheels;
  std::vector<std::string> roots;
  rows.each_request([&](const Fingerprint& key, const RequestRow& row) {
    if (!rows.snapshot(row.snapshot)) requests.push_back(key);
    return true;
  });
  rows.each_wheel([&](const WheelHash& key, const WheelRow& row) {
    if (!rows.tree(row.tree)) wheels.push_back(key);
    return true;
  });
  rows.each_root([&](const std::string& name, const RootRow& row) {
    if (!rows.snapshot(row.snapshot)) {
      roots.push_back(name);
      report.skipped.push_back(format_text("cannot keep '{}': its snapshot {} is not whole", name,
                                           row.snapshot.hex().substr(0, 12)));
    }
    return true;
  });
  for (const Fingerprint& key : requests) rows.erase_request(key);
  for (const WheelHash& key : wheels) rows.erase(key);
  for (const std::string& name : roots) rows.erase_root(name);
  rows.commit();
}

bool has_lease_without_row(StoreWriter& store) {
  const std::vector<HeldLease> leases = held_leases(store);
  Index::Read rows = store.index().read();
  return std::any_of(leases.begin(), leases.end(),
                     [&](const HeldLease& lease) { return !rows.lease(lease.name); });
}

/// Missing or inconsistent files are ordinary here; a full or failing disk is not.
bool means_not_whole(const Error& error) {
  return error.kind() == ErrorKind::damaged || error.kind() == ErrorKind::not_found;
}

}  // namespace

bool adopt_tree(StoreWriter& store, const TreeId& id) {
  try {
    adopt_whole_tree(store, id, Rows::known);
    return true;
  } catch (const Error& error) {
    if (!means_not_whole(error)) throw;
    return false;
  }
}

bool adopt_snapshot(StoreWriter& store, const SnapshotId& id) {
  try {
    adopt_whole_snapshot(store, id);
    return true;
  } catch (const Error& error) {
    if (!means_not_whole(error)) throw;
    return false;
  }
}

RebuildReport rebuild_index(StoreWriter& store) {
  if (store.is_read_only())
    throw Error(ErrorKind::permission, "cannot rebuild the index of '" + store.path() + "': it is read-only",
                kWritableStoreHint);
  index::make_lockable(store.root());
  // Keeps collections out: a collection would remove files and rows, and the rebuild would write the rows
  // again.
  const FileLock collector = FileLock::wait(store.root(), store_paths::kGcLock, LockMode::exclusive);
  store.index().recreate();
  return adopt_all(store);
}

RebuildReport adopt_all(StoreWriter& store) {
  const bool is_unfinished = is_rebuild_unfinished(store);
  RebuildReport report;
  adopt_each<TreeId>(store, store_paths::kTrees, "", report, [&](const TreeId& id) {
    adopt_whole_tree(store, id, is_unfinished ? Rows::in_doubt : Rows::known);
    ++report.trees;
  });
  adopt_each<SnapshotId>(store, store_paths::kSnapshots, ".json", report, [&](const SnapshotId& id) {
    report.requests += adopt_whole_snapshot(store, id);
    ++report.snapshots;
  });
  if (is_unfinished) erase_rows_without_files(store, report);
  store.index().promote(Index::Wait::yes);
  // If a live lease has no row, another kernel may be using the same store (a virtual machine): its volatile
  // directory must not be removed.
  if (!has_lease_without_row(store))
    for (const std::string& boot : store.index().other_boots()) store.index().remove_boot(boot);
  if (is_unfinished) {
    Index::Write rows = store.index().durable_write();
    rows.erase_document(kUnfinishedRebuild);
    rows.commit();
  }
  return report;
}

bool is_rebuild_unfinished(const StoreReader& store) {
  return store.index().read().document(kUnfinishedRebuild).has_value();
}

}  // namespace envstore
