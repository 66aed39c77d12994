#include "store/platform/store_paths.h"
#include "store/snapshots/slots.h"
#include "store/snapshots/snapshot.h"

// The checks that every run makes on disk, in a source of their own: the warm program links them without the
// code that builds layouts.

namespace envstore {

bool is_placed(Store& store, const SnapshotId& id, Layout layout) {
  const auto stamp = stat_at(store.root(), store_paths::snapshot(id, layout), Links::do_not_follow);
  return stamp && stamp->is_directory();
}

bool are_slots_complete(Store& store, const SnapshotId& id) {
  return stat_at(store.root(), store_paths::complete_marker(id), Links::do_not_follow).has_value();
}

}  // namespace envstore
