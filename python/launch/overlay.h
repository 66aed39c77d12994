#pragma once
#include <string>
#include <vector>

#include "python/launch/launch.h"

namespace envstore {

/// The text of `_envstore.pth` (docs.python.org, `site`): the copy hook, one line per layer in order, then
/// the editable sources. Paths that neither the locale nor the handling of white space can change are written
/// as they are, others as escaped bytes.
std::string overlay_text(const StoreReader& store, const LaunchPlan& plan);

/// Names of the interpreter in a virtual environment's bin, except `python`: python3, python3.13,
/// python3.13t, pypy3.9.
std::vector<std::string> interpreter_names(const LaunchPlan& plan);

std::string layer_path(const StoreReader& store, const LayerPlan& layer);  ///< absolute

/// Adds the entries at the layers' prefixes other than site-packages and bin: real directories down to the
/// level at which programs write, links below; files under `etc` are copied, because programs rewrite them.
/// For an entry in several layers, the first layer wins.
void add_prefix_entries(const StoreReader& store, const LaunchPlan& plan, ScratchRecipe& recipe);

}  // namespace envstore
