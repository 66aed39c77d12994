#pragma once
#include "python/interpreter/interpreter.h"
#include "python/lock/lock.h"
#include "python/provision/fetch.h"
#include "python/provision/report.h"
#include "store/snapshots/snapshot.h"

namespace envstore {

/// Starts to fetch every wheel of the lock, and cancels wheels that were only prefetched.
void start_fetching(const Lock& lock, WheelFetcher& fetcher);

/// Lock -> the snapshot that realises it: fetches and unpacks each wheel that the store does not have, and
/// waits for all. The snapshot itself is not in the store yet (place_snapshot).
SnapshotRecord provision(const Lock& lock, const Interpreter& interpreter, WheelFetcher& fetcher,
                         ProvisionReport& report);

}  // namespace envstore
