#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "store/objects/tree.h"
#include "store/snapshots/snapshot.h"

namespace envstore {

/// What planning needs to know of one tree.
struct LayoutTree {
  TreeId id;
  std::string name;        ///< of the distribution, normalised
  bool is_forest = false;  ///< it has a forest_reason or is in forced_forest
  bool has_pth = false;
  bool has_only_site = true;                      ///< nothing in bin, data, include
  std::vector<std::string> top_level;             ///< names in site, sorted
  std::function<const TreeManifest&()> manifest;  ///< asked only where the names are not enough
};

/// What a layout consists of. Paths are relative to its prefix.
struct LayoutPlan {
  struct FromTree {
    std::string path;
    std::size_t tree;     ///< position in the snapshot
    std::string in_tree;  ///< path in that tree
    bool operator==(const FromTree&) const = default;
  };
  struct Cache {
    std::string directory;  ///< that gets the link `__pycache__`
    std::string slot;       ///< relative to the store's root
    bool operator==(const Cache&) const = default;
  };

  std::vector<std::string> directories;  ///< sorted: parents first
  std::vector<FromTree> links;           ///< symbolic, to a file or directory at the top of a tree's site
  std::vector<FromTree> hard_links;
  std::vector<FromTree> copies;       ///< below etc: programs rewrite these, so the owner may
  std::vector<FromTree> empty_files;  ///< never linked: 65,000 names are soon used up
  std::vector<Cache> caches;
  std::vector<std::string> snapshot_slots;  ///< those of `caches` that belong to the snapshot: to be made
  std::vector<std::pair<std::string, std::string>> files;  ///< SnapshotRecord::prefix_files

  std::vector<Clash> clashes;
  std::vector<std::string> scripts;
  std::vector<std::string> prefix_entries;
  bool has_pth = false;
};

/// Where every file of the trees goes (DESIGN section 4). In a farm, trees that share a directory of
/// site-packages are laid out as forests, whole: their parts look for each other by real path. Pure, but for
/// `LayoutTree::manifest`. Throws Error{invalid_input} for a record whose paths are not safe.
LayoutPlan plan_layout(const SnapshotRecord& record, const std::vector<LayoutTree>& trees, Layout layout);

}  // namespace envstore
