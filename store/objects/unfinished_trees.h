#pragma once
#include "store/leases/lease.h"

namespace envstore {

/// After a provisioning that met a full disk: the trees made since its lease began, which no snapshot names,
/// go again. Nothing while another ingest is at work, which may have found them. Never throws: what stays is
/// gc's.
void take_back_trees(Store& store, const Lease& ingest) noexcept;

}  // namespace envstore
