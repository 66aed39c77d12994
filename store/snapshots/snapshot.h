#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/index/store.h"
#include "store/leases/lease.h"
#include "store/objects/tree.h"

namespace envstore {

struct SnapshotTree {
  TreeId tree;
  std::string name;     ///< normalised
  std::string version;  ///< canonical
  bool operator==(const SnapshotTree&) const = default;
};

/// What a snapshot is: an interpreter and an ordered list of trees. Its id is the SHA-256 of `canonical()`,
/// compact JSON with sorted keys. Stored as member `record` in snapshots/<id>.json, beside `requests`.
struct SnapshotRecord {
  std::string interpreter;  ///< identity, opaque here: compiled code and paths depend on it
  std::string site_path;    ///< of site-packages under the prefix: `lib/python3.11/site-packages`
  std::string cache_tag;    ///< `cpython-311`: names the derived files
  /// Files at the prefix of every layout of the snapshot, as (relative path, content): `pyvenv.cfg`.
  std::vector<std::pair<std::string, std::string>> prefix_files;
  std::vector<SnapshotTree> trees;
  std::vector<std::string>
      forced_forest;  ///< names of trees that the data file puts into forest form, sorted

  std::string canonical() const;
  static SnapshotRecord parse(std::string_view canonical);  ///< throws Error{damaged}
  SnapshotId id() const;
};

/// Only the trees of a canonical record, in its order. For walks over many records: does not parse the rest.
/// Throws Error{damaged} for a malformed id.
std::vector<TreeId> trees_of_record(std::string_view canonical);

struct Clash {
  std::string path;           ///< relative to the prefix
  std::string kept, dropped;  ///< names of the distributions; the first in the snapshot's order is kept
};

struct Placement {
  SnapshotId id;
  Layout layout;
  std::vector<Clash> clashes;               ///< with different content only
  std::vector<std::string> scripts;         ///< names in bin
  bool has_pth = false;                     ///< its site-packages contains a .pth file
  std::vector<std::string> prefix_entries;  ///< names at the prefix other than lib and bin (share, etc,
                                            ///< include), directories in bin, and names beside site-packages
};

/// Writes snapshots/<id>.json and the layout if they are missing, then the rows (snapshot, request, reverse
/// tables) in one volatile transaction that also adds the snapshot to the lease. Every tree must have its
/// row.
Placement place_snapshot(StoreWriter& store, Lease& lease, const SnapshotRecord& record, Layout layout,
                         const std::optional<RequestRow>& request);

/// The layout's directory exists.
bool is_placed(const StoreReader& store, const SnapshotId& id, Layout layout);

}  // namespace envstore
