#pragma once
#include <string>
#include <string_view>

#include "store/index/rows.h"
#include "store/objects/tree.h"

namespace envstore {

/// trees/<id>/tree.json: what the index knows of the tree, for the day that the index is lost. What the
/// manifest tells (files, bytes, top_level, has_pth) is not written.
std::string encode_tree_info(const TreeInfo& info);
/// Throws Error{damaged}. `manifest` supplies what the text leaves out.
TreeInfo decode_tree_info(std::string_view json, const TreeManifest& manifest);

/// Fills files, bytes, top_level and has_pth.
void describe_content(TreeInfo& info, const TreeManifest& manifest);

/// The directories of site (as paths in the tree, `site` or `site/...`) that directly hold .py files, sorted.
/// The n-th has the bytecode slot bytecode/<tree>/<n>: one flat directory a slot, for a slot inside a slot
/// would look like bytecode to tools that copy packages.
std::vector<std::string> source_directories(const TreeManifest& manifest);

}  // namespace envstore
