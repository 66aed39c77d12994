#pragma once
#include "python/interpreter/interpreter.h"
#include "python/resolve/layers.h"

namespace envstore {

/// The lowest layer of a run that starts pip, for the case that no other layer has pip:
/// the wheel that the interpreter bundles for `ensurepip`, else the newest compatible pip. The run's
/// constraints, overrides and resolution strategy do not apply to it. Hashes can be required of files of a
/// package index, but not of the interpreter's own wheel.
Layer own_pip_layer(const Interpreter& interpreter, ResolutionSettings settings);

}  // namespace envstore
