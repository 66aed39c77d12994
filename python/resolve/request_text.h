#pragma once
#include <string>
#include <vector>

#include "python/interpreter/interpreter.h"
#include "python/launch/launch.h"
#include "python/resolve/layers.h"
#include "python/settings/resolution_settings.h"

namespace envstore {

/// The canonical text of a request: everything that determines the contents of a layer, and nothing else
/// (neither the script's path nor the order of the requirements). One `key value` per line, sorted where the
/// order is not significant.
std::string request_text(const LayerRequest& request, const Interpreter& interpreter,
                         const ResolutionSettings& settings, const std::vector<LayerPlan>& below);

}  // namespace envstore
