#include <vector>

#include "python/bytecode/bytecode_work.h"
#include "python/provision/prepare.h"
#include "store/leases/lease.h"
#include "store/platform/error.h"
#include "store/platform/lock.h"
#include "store/process/priority.h"

namespace envstore {
namespace {

std::string unhex(const std::string& hex) {
  std::vector<std::uint8_t> bytes(hex.size() / 2);
  if (hex.size() % 2 != 0 || !from_hex(hex, bytes))
    throw Error(ErrorKind::usage, "cannot read the plan: it is not hexadecimal");
  return {bytes.begin(), bytes.end()};
}

}  // namespace

void finish_run(StoreWriter& store, const std::string& plan_hex, BytecodeMode mode) {
  lower_priority();
  const LaunchPlan plan = LaunchPlan::decode(unhex(plan_hex));
  remove_dead_leases(store);  // of runs that were killed
  // Before waiting for the compile lock, which on a busy machine another run may hold for minutes.
  store.index().promote(Index::Wait::yes);
  if (mode != BytecodeMode::background) return;
  const FileLock lock = FileLock::wait(store.root(), store_paths::kFinishLock, LockMode::exclusive);
  compile_bytecode(store, plan, CompilePriority::idle);
  store.index().promote(Index::Wait::yes);
}

}  // namespace envstore
