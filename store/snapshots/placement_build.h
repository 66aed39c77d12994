#pragma once
#include <string>
#include <vector>

#include "store/index/store.h"
#include "store/snapshots/placement_plan.h"

namespace envstore {

/// Builds the plan's directory at `path` (relative to the root, in tmp). Directories and files are read-only,
/// so that accidental writes fail; the top directory stays writable until it has been renamed into snapshots.
void build_layout(const StoreReader& store, const LayoutPlan& plan, const std::vector<LayoutTree>& trees,
                  const std::string& path);

/// Creates the missing slots that the plan's links point to: a link must never dangle.
void make_layout_slots(StoreWriter& store, const LayoutPlan& plan);

/// The names below `path` that differ from the plan: missing, unexpected, or another file. Empty: everything
/// matches.
std::vector<std::string> differences(const StoreReader& store, const LayoutPlan& plan,
                                     const std::vector<LayoutTree>& trees, const std::string& path);

/// The targets of a layout's links, for symlink(2).
std::string link_target(const LayoutPlan::FromTree& link, const std::vector<LayoutTree>& trees);
std::string cache_target(const LayoutPlan::Cache& cache);

/// The record's trees, from their rows and manifests. Throws Error{damaged} for a tree without a row.
std::vector<LayoutTree> layout_trees(const StoreReader& store, const SnapshotRecord& record);

}  // namespace envstore
