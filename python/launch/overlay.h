#pragma once
#include <string>
#include <vector>

#include "python/launch/launch.h"

namespace envstore {

/// The text of `_envstore.pth` (docs.python.org, `site`): the hook of copies, one line a layer in order,
/// then the editable sources. Paths that no locale or white space could spoil stand as they are, others as
/// escaped bytes.
std::string overlay_text(const Store& store, const LaunchPlan& plan);

/// Names of the interpreter in a virtual environment's bin, without `python`: python3, python3.13,
/// python3.13t, pypy3.9.
std::vector<std::string> interpreter_names(const LaunchPlan& plan);

std::string layer_path(const Store& store, const LayerPlan& layer);  ///< absolute

/// Adds what the layers have at their prefixes besides site-packages and bin: real directories down to the
/// level that programs write at, links below; what lies under `etc` is copied, because programs rewrite it.
/// The first layer wins.
void add_prefix_entries(const Store& store, const LaunchPlan& plan, ScratchRecipe& recipe);

}  // namespace envstore
