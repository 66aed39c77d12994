#pragma once
#include <vector>

#include "gc/verify/verification.h"

namespace envstore {

/// Fills in whom each damaged thing touches: packages, snapshots, requests, roots and running processes; and
/// for a blob, under which names it is seen.
void find_affected(Verification& verification, std::vector<DamageFound>& found);

}  // namespace envstore
