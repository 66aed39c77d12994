#include <fcntl.h>
#include <sys/stat.h>
#include <cerrno>

#include "gc/repair/repair_parts.h"
#include "store/objects/tree_rows.h"
#include "store/platform/error.h"
#include "store/snapshots/placement_build.h"
#include "store/snapshots/snapshot_file.h"

// Trees and layouts: a comparison whose deviations are repaired at once.

namespace envstore {
namespace {

using Keep = Workbench::Keep;

class Repairing {
 public:
  Repairing(Verification& verification, Workbench& bench, bool is_layout)
      : verification_(verification), store_(verification.store), bench_(bench), is_layout_(is_layout) {}

  /// True: a missing directory was made, and must be filled.
  bool operator()(const Deviation& deviation) {
    if (deviation.damage == Damage::extra) {
      bench_.quarantine(deviation.directory, deviation.name);
      return false;
    }
    if (deviation.is_directory_expected) return repair_directory(deviation);
    if (const auto made = make(*deviation.expected))
      bench_.put(*made, deviation.directory, deviation.name,
                 deviation.damage == Damage::wrong_mode ? Keep::no : Keep::in_quarantine);
    return false;
  }

 private:
  bool repair_directory(const Deviation& deviation) {
    if (deviation.damage == Damage::wrong_mode) {
      if (fchmodat(deviation.directory, deviation.name.c_str(), 0555, 0) != 0)
        throw_errno(errno, "set the mode of", deviation.path);
      return false;
    }
    if (deviation.damage == Damage::wrong_kind) bench_.quarantine(deviation.directory, deviation.name);
    bench_.make_sealed_directory(deviation.directory, deviation.name);
    return true;
  }

  /// Makes the expected entry in tmp, and returns its path. nullopt: it cannot be made.
  std::optional<std::string> make(const Expected& expected) {
    const std::string path = bench_.new_path();
    switch (expected.kind) {
      case Expected::Kind::link:
        symlink_at(expected.text, store_.root(), path);
        return path;
      case Expected::Kind::document:
        create_file(store_.root(), path, expected.text, 0444);
        return path;
      case Expected::Kind::blob:
        return make_blob(expected, path) ? std::optional(path) : std::nullopt;
      case Expected::Kind::any_file:
        return make_rewritable(expected, path) ? std::optional(path) : std::nullopt;
      case Expected::Kind::directory:
        return std::nullopt;
    }
    return std::nullopt;
  }

  /// A tree's file is made from the object; a layout's file from the tree's file, with which it shares its
  /// inode.
  bool make_blob(const Expected& expected, const std::string& path) {
    const TreeEntry& entry = *expected.entry;
    const mode_t mode = mode_of(entry.executable);
    const std::string source =
        is_layout_ ? store_paths::tree(*expected.tree) + "/" + entry.path : store_paths::object(entry.blob);
    if (entry.size == 0) {
      create_file(store_.root(), path, "", mode);
      const auto original = is_layout_ ? stat_at(store_.root(), source, Links::do_not_follow) : std::nullopt;
      if (original) set_mtime(store_.root(), path, original->mtime_ns);
      return true;
    }
    const auto stamp = intact_stamp(source, entry);
    if (!stamp) return false;
    if ((stamp->mode & 07777) == mode &&
        link_at(store_.root(), source, store_.root(), path) == LinkResult::linked)
      return true;
    create_file(store_.root(), path, read_file(store_.root(), source), mode);
    if (is_layout_) set_mtime(store_.root(), path, stamp->mtime_ns);
    return true;
  }

  bool make_rewritable(const Expected& expected, const std::string& path) {
    // A manifest or description: repaired by repair_rows_and_records.
    if (expected.entry == nullptr) return false;
    const std::string source = store_paths::tree(*expected.tree) + "/" + expected.entry->path;
    const auto stamp = stat_at(store_.root(), source, Links::do_not_follow);
    if (!stamp || !stamp->is_regular()) return false;
    create_file(store_.root(), path, read_file(store_.root(), source),
                mode_of(expected.entry->executable) | 0200);
    return true;
  }

  std::optional<FileStamp> intact_stamp(const std::string& path, const TreeEntry& entry) {
    const auto stamp = stat_at(store_.root(), path, Links::do_not_follow);
    if (!stamp || !stamp->is_regular()) return std::nullopt;
    const Verdict verdict = verification_.judge(store_.root(), path, stamp->inode, entry.blob, entry.size,
                                                verification_.ledger.find(entry.blob));
    return verdict.content == Content::wrong ? std::nullopt : stamp;
  }

  Verification& verification_;
  StoreWriter& store_;
  Workbench& bench_;
  const bool is_layout_;
};

void repair_layout(Verification& verification, Workbench& bench, const SnapshotRecord& record,
                   Layout layout) {
  StoreWriter& store = verification.store;
  const std::vector<LayoutTree> trees = verification.trees_of(record);
  const LayoutPlan plan = plan_layout(record, trees, layout);
  make_layout_slots(store, plan);
  const std::string path = store_paths::snapshot(record.id(), layout);
  const auto stamp = stat_at(store.root(), path, Links::do_not_follow);
  if (!stamp || !stamp->is_directory()) {
    const std::string made = bench.new_path();
    build_layout(store, plan, trees, made);
    if (stamp) bench.quarantine_path(path);
    move_into_place(store, made, path);
    if (fchmodat(store.root(), path.c_str(), 0555, 0) != 0) throw_errno(errno, "set the mode of", path);
    return;
  }
  Repairing repairing(verification, bench, true);
  Comparison(verification, std::ref(repairing)).run(path, expected_of_layout(plan, trees));
}

}  // namespace

void repair_tree(Verification& verification, Workbench& bench, const TreeId& id) {
  const FileLock lock = lock_tree(verification.store, id);
  const auto manifest = verification.manifest(id);
  Repairing repairing(verification, bench, false);
  Comparison(verification, std::ref(repairing)).run(store_paths::tree(id), expected_of_tree(id, *manifest));
}

void repair_layouts(Verification& verification, Workbench& bench, const SnapshotId& id) {
  const FileLock lock = lock_snapshot(verification.store, id);
  const auto row = verification.store.index().read().snapshot(id);
  if (!row) return;
  const SnapshotRecord record = SnapshotRecord::parse(row->record);
  for (const Layout layout : row->layouts) repair_layout(verification, bench, record, layout);
}

}  // namespace envstore
