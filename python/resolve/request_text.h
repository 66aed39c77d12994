#pragma once
#include <string>
#include <vector>

#include "python/interpreter/interpreter.h"
#include "python/resolve/layers.h"
#include "store/index/rows.h"

namespace envstore {

/// The canonical text of a layer's request: everything that determines its contents, and nothing else
/// (neither the script's path nor the order of the requirements). One `key value` per line, sorted where the
/// order is not significant. `below`: the layers under it, nearest first.
std::string request_text(const Layer& layer, const Interpreter& interpreter,
                         const std::vector<SnapshotId>& below);

}  // namespace envstore
