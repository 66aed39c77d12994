#pragma once
#include "python/launch/launch.h"
#include "store/index/store.h"

namespace envstore {

enum class CompilePriority { idle, normal };

/// Compiles the modules of the plan's layers that have no bytecode yet, with the plan's interpreter, as
/// unchecked hash-based .pyc files (PEP 552), slot by slot (store/objects/slot_install.h). Modules that do
/// not compile are skipped. At normal priority, uses one process per core, at most 16. Does nothing in a
/// read-only store.
void compile_bytecode(StoreWriter& store, const LaunchPlan& plan, CompilePriority priority);

}  // namespace envstore
