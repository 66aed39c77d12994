#include "gc/census/clock_trust.h"

#include <fcntl.h>
#include <algorithm>

#include "gc/census/ages.h"
#include "gc/census/collection_note.h"
#include "store/platform/error.h"
#include "store/process/process_roles.h"

namespace envstore {
namespace {

/// A package keeps the build time as mtime; ctime is the installation time by this machine's clock, which may
/// have been wrong. The earlier one is the safer bound.
std::int64_t program_made_ns() {
  try {
    const auto stamp = stat_at(AT_FDCWD, role::kOwnProgram, Links::follow);
    return stamp ? std::min(stamp->mtime_ns, stamp->ctime_ns) : 0;
  } catch (const Error&) {
    return 0;
  }
}

}  // namespace

bool is_ahead(std::int64_t time_ns, std::int64_t now_ns) {
  return between(now_ns, time_ns) > kClockTolerance;
}

bool is_clock_trusted(const StoreReader& store) {
  const std::int64_t now_ns = store.clock().now().time_since_epoch().count();
  return !is_ahead(program_made_ns(), now_ns) && !is_ahead(last_collection_ns(store).value_or(0), now_ns);
}

}  // namespace envstore
