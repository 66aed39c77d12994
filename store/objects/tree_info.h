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

/// Whether files are derived from this one, which get into a slot: modules of Python (`.py`).
bool is_source(std::string_view path);
/// `path`, which is a source, without `.py`.
std::string_view without_source_suffix(std::string_view path);

/// The directories of site (as paths in the tree, `site` or `site/...`) that directly hold sources, sorted.
/// The n-th has the slot bytecode/<tree>/<n>: each slot is one flat directory, because tools that
/// copy packages would take a slot inside a slot for a derived file.
std::vector<std::string> source_directories(const TreeManifest& manifest);

}  // namespace envstore
