#pragma once
#include <vector>

#include "gc/verify/verification.h"

namespace envstore {

/// Fills in what each damage affects: packages, snapshots, requests, roots and running processes. For a blob,
/// also adds the names of the files that have it.
void find_affected(Verification& verification, std::vector<DamageFound>& found);

}  // namespace envstore
