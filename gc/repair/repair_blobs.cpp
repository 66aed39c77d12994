#include <fcntl.h>
#include <algorithm>

#include "gc/repair/repair_parts.h"
#include "gc/verify/file_hash.h"
#include "store/platform/error.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

bool is_lawful_mode(std::uint32_t mode) {
  return (mode & 07777) == 0444 || (mode & 07777) == 0555;
}

}  // namespace

std::optional<std::string> BlobRepair::repair(const BlobId& id, std::string& why_not) {
  const std::vector<TreeFile> files = files_in_trees(id);
  const std::uint32_t mode = mode_for(id, files);
  std::optional<std::string> from;
  if (const auto copy = find_intact(id, files))
    from = repair_from_copy(id, *copy, mode);
  else
    from = repair_from_source(id, files, mode, why_not);
  if (from) write_row(id);
  return from;
}

std::vector<BlobRepair::TreeFile> BlobRepair::files_in_trees(const BlobId& id) {
  std::vector<TreeFile> files;
  const std::vector<TreeId> trees = store_.index().read().trees_of(id);
  for (const TreeId& tree : trees) {
    try {
      const auto manifest = verification_.manifest(tree);
      for (const TreeEntry& entry : manifest->entries())
        if (entry.blob == id) files.push_back({store_paths::tree(tree) + "/" + entry.path, tree, entry});
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::damaged && error.kind() != ErrorKind::not_found) throw;
    }
  }
  return files;
}

std::vector<std::string> BlobRepair::paths_in_layouts(const std::vector<TreeFile>& in_trees) {
  std::vector<SnapshotRow> rows;
  {
    Index::Read read = store_.index().read();
    std::set<SnapshotId> snapshots;
    for (const TreeFile& file : in_trees)
      for (const SnapshotId& snapshot : read.snapshots_of(file.tree)) snapshots.insert(snapshot);
    for (const SnapshotId& snapshot : snapshots)
      if (const auto row = read.snapshot(snapshot)) rows.push_back(*row);
  }
  std::vector<std::string> paths;
  for (const SnapshotRow& row : rows) {
    try {
      add_paths_in_layouts(row, in_trees, paths);
    } catch (const Error& error) {
      // A damaged manifest or row: no copy is found there.
      if (error.kind() != ErrorKind::damaged && error.kind() != ErrorKind::not_found) throw;
    }
  }
  return paths;
}

void BlobRepair::add_paths_in_layouts(const SnapshotRow& row, const std::vector<TreeFile>& in_trees,
                                      std::vector<std::string>& paths) {
  const SnapshotRecord record = SnapshotRecord::parse(row.record);
  const std::vector<LayoutTree> trees = verification_.trees_of(record);
  for (const Layout layout : row.layouts)
    for (const auto& file : plan_layout(record, trees, layout).hard_links)
      for (const TreeFile& in_tree : in_trees)
        if (in_tree.tree == trees[file.tree].id && in_tree.entry.path == file.in_tree)
          paths.push_back(store_paths::snapshot(record.id(), layout) + "/" + file.path);
}

/// Includes the object itself: its bytes may be right, and only its mode or its row wrong.
std::optional<std::string> BlobRepair::find_intact(const BlobId& id, const std::vector<TreeFile>& files) {
  if (is_intact(store_paths::object(id), id)) return store_paths::object(id);
  for (const TreeFile& file : files)
    if (is_intact(file.path, id)) return file.path;
  for (const std::string& path : paths_in_layouts(files))
    if (is_intact(path, id)) return path;
  return std::nullopt;
}

bool BlobRepair::is_intact(const std::string& path, const BlobId& id) {
  const auto stamp = stat_at(store_.root(), path, Links::do_not_follow);
  if (!stamp || !stamp->is_regular()) return false;
  try {
    const Fd fd = open_file(store_.root(), path, O_RDONLY);
    const auto hash = hash_content(fd.get(), WithSha256::yes);
    return hash && hash->blob == id;
  } catch (const Error&) {
    return false;  // not accessible, or gone: no copy to use
  }
}

std::optional<std::string> BlobRepair::repair_from_copy(const BlobId& id, const std::string& copy,
                                                        std::uint32_t mode) {
  const std::string object = store_paths::object(id);
  const auto stamp = stat_at(store_.root(), copy, Links::do_not_follow);
  if (copy == object && stamp && is_lawful_mode(stamp->mode)) return "it was right itself";
  const std::string made = bench_.new_path();
  const bool is_linked = stamp && (stamp->mode & 07777) == mode && copy != object &&
                         link_at(store_.root(), copy, store_.root(), made) == LinkResult::linked;
  if (!is_linked) create_file(store_.root(), made, read_file(store_.root(), copy), mode);
  make_directory_if_missing(store_.root(), object.substr(0, object.rfind('/')), 0755);
  bench_.put_at(made, object, Workbench::Keep::in_quarantine);
  return copy == object ? "its own bytes" : copy;
}

std::optional<std::string> BlobRepair::repair_from_source(const BlobId& id,
                                                          const std::vector<TreeFile>& files,
                                                          std::uint32_t mode, std::string& why_not) {
  why_not = "no intact copy in the store, and no tree that names its wheel";
  for (const TreeFile& file : files) {
    const auto info = store_.index().read().tree(file.tree);
    if (!info) continue;
    std::string reason;
    const auto bytes = source_.fetch({*info, file.entry.path}, reason);
    if (!bytes) {
      why_not = "no intact copy in the store; " + reason;
      continue;
    }
    if (BlobId{sha256(as_bytes(*bytes))} != id) {
      why_not = format_text("no intact copy in the store; what {} has there now is another file",
                            info->wheel_filename);
      continue;
    }
    const std::string made = bench_.new_path(), object = store_paths::object(id);
    create_file(store_.root(), made, *bytes, mode);
    make_directory_if_missing(store_.root(), object.substr(0, object.rfind('/')), 0755);
    bench_.put_at(made, object, Workbench::Keep::in_quarantine);
    return format_text("{} ({})", info->wheel_filename, info->origin.empty() ? "local" : info->origin);
  }
  return std::nullopt;
}

/// The mode in the row; without a row, the mode that the first file needs.
std::uint32_t BlobRepair::mode_for(const BlobId& id, const std::vector<TreeFile>& files) {
  if (const auto row = store_.index().read().blob(id); row && is_lawful_mode(row->mode))
    return row->mode & 07777;
  return files.empty() ? 0444 : mode_of(files.front().entry.executable);
}

void BlobRepair::write_row(const BlobId& id) {
  const std::string object = store_paths::object(id);
  const Fd fd = open_file(store_.root(), object, O_RDONLY);
  const auto hash = hash_content(fd.get(), WithSha256::yes);
  const auto stamp = stat_at(store_.root(), object, Links::do_not_follow);
  if (!hash || hash->blob != id || !stamp)
    throw Error(ErrorKind::io, "cannot repair '" + object + "': it was changed again at this moment");
  Index::Write write = store_.index().write();
  write.put(id, BlobRow{.size = hash->size,
                        .fingerprint = hash->fingerprint,
                        .inode = stamp->inode,
                        .mtime_ns = stamp->mtime_ns,
                        .mode = stamp->mode,
                        .verified_at_ns = verification_.now_ns()});
  write.commit();
}

}  // namespace envstore
