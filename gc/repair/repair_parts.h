#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "gc/verify/comparison.h"
#include "gc/verify/verification.h"
#include "store/objects/blob_source.h"

// Shared by the sources of repair. No file is edited in place: new files are made in tmp/<lease>, then
// renamed over what they replace.

namespace envstore {

/// Moves new files to their paths, and keeps what they replace in quarantine.
class Workbench {
 public:
  Workbench(StoreWriter& a_store, Lease& lease) : store(a_store), lease_(lease) {}

  StoreWriter& store;
  std::string new_path();  ///< in tmp, relative to the store's root

  enum class Keep { no, in_quarantine };
  /// Renames `made` (relative to the store's root) to `name` in `directory`, and replaces what has that name.
  void put(const std::string& made, int directory, const std::string& name, Keep keep);
  /// The same for a path relative to the store's root.
  void put_at(const std::string& made, const std::string& path, Keep keep);
  /// Moves the name to quarantine. If it is absent, does nothing.
  void quarantine(int directory, const std::string& name);
  void quarantine_path(const std::string& path);
  void make_sealed_directory(int directory, const std::string& name);

 private:
  Lease& lease_;
  std::set<std::uint64_t> kept_;  ///< inodes in quarantine: one bad inode may have had many names
};

/// Finds bytes for damaged blobs, and repairs the blobs with them.
class BlobRepair {
 public:
  BlobRepair(Verification& verification, Workbench& bench, BlobSource& source)
      : verification_(verification), store_(verification.store), bench_(bench), source_(source) {}

  /// Makes the object and its row right. Returns where the bytes came from; nullopt: no bytes were found, and
  /// `why_not` has the reason.
  std::optional<std::string> repair(const BlobId& id, std::string& why_not);

 private:
  struct TreeFile {
    std::string path;
    TreeId tree;
    TreeEntry entry;
  };
  std::vector<TreeFile> files_in_trees(const BlobId& id);
  std::vector<std::string> paths_in_layouts(const std::vector<TreeFile>& in_trees);
  void add_paths_in_layouts(const SnapshotRow& row, const std::vector<TreeFile>& in_trees,
                            std::vector<std::string>& paths);
  std::optional<std::string> find_intact(const BlobId& id, const std::vector<TreeFile>& files);
  bool is_intact(const std::string& path, const BlobId& id);
  std::optional<std::string> repair_from_copy(const BlobId& id, const std::string& copy, std::uint32_t mode);
  std::optional<std::string> repair_from_source(const BlobId& id, const std::vector<TreeFile>& files,
                                                std::uint32_t mode, std::string& why_not);
  std::uint32_t mode_for(const BlobId& id, const std::vector<TreeFile>& files);
  void write_row(const BlobId& id);

  Verification& verification_;
  StoreWriter& store_;
  Workbench& bench_;
  BlobSource& source_;
};

/// Repairs everything in a tree or layout that can be made again from objects and manifests.
void repair_tree(Verification& verification, Workbench& bench, const TreeId& id);
void repair_layouts(Verification& verification, Workbench& bench, const SnapshotId& id);

/// Replaces files of synced `.venv`s that are one of the bad inodes by hard links to the (repaired) object.
void repair_venvs(Verification& verification, const std::set<SnapshotId>& snapshots,
                  const std::map<std::uint64_t, BlobId>& bad);

/// Repairs rows, manifests and records, from the files on disk and from each other. Leaves what it cannot
/// repair.
void repair_rows_and_records(Verification& verification, Workbench& bench,
                             const std::vector<DamageFound>& found);

/// Makes missing slots, and moves foreign bytecode to quarantine.
void repair_bytecode(Workbench& bench, const std::vector<DamageFound>& found);
/// Moves the bytecode of sources with these blobs to quarantine: it was compiled from their previous bytes.
void drop_bytecode_of(Verification& verification, Workbench& bench, const std::set<BlobId>& blobs,
                      const std::set<TreeId>& trees);

/// Blobs, trees and snapshots to lose their rows, durably, so that the next run provides them again.
struct SetAside {
  std::set<BlobId> blobs;
  std::set<TreeId> trees;
  std::set<SnapshotId> snapshots;
};
void set_aside(StoreWriter& store, Workbench& bench, SetAside what);

}  // namespace envstore
