#pragma once
#include <string>
#include <vector>

#include "python/interpreter/interpreter.h"
#include "python/launch/launch.h"
#include "python/resolve/layer_request.h"
#include "python/settings/resolution_settings.h"

namespace envstore {

/// The canonical text of a request: everything that decides what a layer consists of, and nothing that does
/// not (not the script's path, not the order of the requirements). One `key value` a line, sorted where order
/// means nothing.
std::string request_text(const LayerRequest& request, const Interpreter& interpreter,
                         const ResolutionSettings& settings, const std::vector<LayerPlan>& below);

}  // namespace envstore
