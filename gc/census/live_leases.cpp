#include "gc/census/live_leases.h"

#include <algorithm>
#include <limits>

namespace envstore {
namespace {

constexpr std::int64_t kEarliest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();

}  // namespace

LeasedByFiles leased_by_files(const StoreReader& store) {
  LeasedByFiles leased;
  for (const HeldLease& lease : held_leases(store))
    if (lease.row)
      leased.snapshots.insert(lease.row->snapshots.begin(), lease.row->snapshots.end());
    else
      leased.may_be_any = true;
  return leased;
}

std::int64_t ingest_began_ns(const LeaseRow& ingest, std::int64_t now_ns) {
  return ingest.made_at_ns > now_ns ? kEarliest : ingest.made_at_ns;
}

std::int64_t oldest_ingest_ns(Index::Read& rows, std::int64_t now_ns) {
  std::int64_t oldest = kNone;
  rows.each_lease([&](const std::string&, const LeaseRow& lease) {
    if (lease.kind == LeaseKind::ingest) oldest = std::min(oldest, ingest_began_ns(lease, now_ns));
    return true;
  });
  return oldest;
}

std::int64_t oldest_held_ingest_ns(const StoreReader& store) {
  const std::int64_t now_ns = store.clock().now().time_since_epoch().count();
  std::int64_t oldest = kNone;
  for (const HeldLease& lease : held_leases(store)) {
    if (!lease.row) return kEarliest;
    if (lease.row->kind == LeaseKind::ingest) oldest = std::min(oldest, ingest_began_ns(*lease.row, now_ns));
  }
  return oldest;
}

}  // namespace envstore
