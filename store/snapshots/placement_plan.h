#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "store/objects/tree.h"
#include "store/snapshots/snapshot.h"

namespace envstore {

/// The properties of one tree that planning needs.
struct LayoutTree {
  TreeId id;
  std::string name;        ///< of the distribution, normalised
  bool is_forest = false;  ///< it has a forest_reason or is in forced_forest
  bool has_pth = false;
  bool has_only_site = true;                      ///< nothing in bin, data, include
  std::vector<std::string> top_level;             ///< names in site, sorted
  std::function<const TreeManifest&()> manifest;  ///< called only if the names are not enough
};

/// The content of a layout. Paths are relative to its prefix.
struct LayoutPlan {
  struct FromTree {
    std::string path;
    std::size_t tree;     ///< position in the snapshot
    std::string in_tree;  ///< path in that tree
    bool operator==(const FromTree&) const = default;
  };
  struct Cache {
    std::string directory;  ///< the directory with the link to the slot
    std::string slot;       ///< relative to the store's root
    bool operator==(const Cache&) const = default;
  };

  std::vector<std::string> directories;  ///< sorted: parents first
  std::vector<FromTree> links;           ///< symbolic, to a file or directory at the top of a tree's site
  std::vector<FromTree> hard_links;
  std::vector<FromTree> copies;       ///< below etc: writable by the owner, because programs rewrite them
  std::vector<FromTree> empty_files;  ///< never linked: the limit of 65,000 links would be reached soon
  std::vector<Cache> caches;
  std::vector<std::string> snapshot_slots;  ///< the slots in `caches` that belong to the snapshot
  std::vector<std::pair<std::string, std::string>> files;  ///< SnapshotRecord::prefix_files

  std::vector<Clash> clashes;
  std::vector<std::string> scripts;
  std::vector<std::string> prefix_entries;
  bool has_pth = false;
};

/// Where every file of the trees goes. In a farm, trees that share a directory of
/// site-packages are laid out as whole forests, because their parts find each other by real path. Pure,
/// except for `LayoutTree::manifest`. Throws Error{invalid_input} for a record whose paths are not safe.
LayoutPlan plan_layout(const SnapshotRecord& record, const std::vector<LayoutTree>& trees, Layout layout);

}  // namespace envstore
