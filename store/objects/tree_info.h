#pragma once
#include <string>
#include <string_view>

#include "store/index/rows.h"
#include "store/objects/tree.h"

namespace envstore {

/// trees/<id>/tree.json: the tree's index row as a file, for when the index is lost. Fields that follow from
/// the manifest (files, bytes, top_level, has_pth) are left out.
std::string encode_tree_info(const TreeInfo& info);
/// Throws Error{damaged}. The fields that the text leaves out are computed from `manifest`.
TreeInfo decode_tree_info(std::string_view json, const TreeManifest& manifest);

/// Fills files, bytes, top_level and has_pth.
void describe_content(TreeInfo& info, const TreeManifest& manifest);

/// The directories of site (as paths in the tree, `site` or `site/...`) that directly hold .py files, sorted.
/// The n-th has the bytecode slot bytecode/<tree>/<n>: each slot is one flat directory, because tools that
/// copy packages would take a slot inside a slot for bytecode.
std::vector<std::string> source_directories(const TreeManifest& manifest);

}  // namespace envstore
