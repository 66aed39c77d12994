#pragma once
#include "store/leases/lease.h"

namespace envstore {

/// For a provisioning that failed on a full disk: removes the trees made since its lease began that no
/// snapshot refers to. Removes nothing while another ingest is running, because that may already use them.
/// Never throws: gc removes what remains.
void take_back_trees(StoreWriter& store, const Lease& ingest) noexcept;

}  // namespace envstore
