#pragma once
#include "python/launch/launch.h"
#include "store/index/store.h"

namespace envstore {

enum class CompilePriority { idle, normal };

/// Compiles what of the plan's layers has no bytecode yet, with the plan's interpreter, as unchecked
/// hash-based .pyc files (PEP 552), slot by slot (store/objects/slot_install.h). Modules that do not compile
/// are left out. At normal priority with as many processes as there are cores. Nothing in a read-only store.
void compile_bytecode(Store& store, const LaunchPlan& plan, CompilePriority priority);

}  // namespace envstore
