#pragma once
#include "python/provision/request.h"
#include "python/resolve/layers.h"

namespace envstore {

/// Request -> Layers: reads the requirements files, once each (a file may be a pipe), and applies each
/// layer's settings: sources to the script's own packages, the options of requirements files to `--with`'s.
/// Throws Error{invalid_input, unsupported, usage} for what cannot be read.
/// `script_lock`: path of the uv.lock that the script's layer is taken from; empty: none.
Layers read_layers(const Request& request, const Interpreter& interpreter,
                   const std::string& script_lock = {});

}  // namespace envstore
