#pragma once
#include <string>
#include <vector>

#include "store/index/store.h"
#include "store/snapshots/placement_plan.h"

namespace envstore {

/// Makes the plan's directory at `path` (relative to the root, in tmp). Directories and files are read-only,
/// so that accidents fail; the directory itself stays writable until it has been renamed into snapshots.
void build_layout(Store& store, const LayoutPlan& plan, const std::vector<LayoutTree>& trees,
                  const std::string& path);

/// The slots that the plan's `__pycache__` links point to, where they are missing: a link never dangles.
void make_layout_slots(Store& store, const LayoutPlan& plan);

/// What at `path` is not as planned: missing, foreign, or another file. Empty: it is whole.
std::vector<std::string> differences(Store& store, const LayoutPlan& plan,
                                     const std::vector<LayoutTree>& trees, const std::string& path);

/// Where the links of a layout lead, as symlink(2) wants it.
std::string link_target(const LayoutPlan::FromTree& link, const std::vector<LayoutTree>& trees);
std::string cache_target(const LayoutPlan::Cache& cache);

/// What the rows and manifests say of the record's trees. Throws Error{damaged} for a tree without a row.
std::vector<LayoutTree> layout_trees(Store& store, const SnapshotRecord& record);

}  // namespace envstore
